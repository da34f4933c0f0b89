package dev.pipelinetracker.deadletters;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** A dead letter, and what its headers say. */
record Letter(ConsumerRecord<byte[], byte[]> polled) {

    static final String REASON = "tracker-reason";
    static final String DETAIL = "tracker-detail";
    static final String ATTEMPT = "tracker-attempt";

    /** Of all of them. */
    static List<ConsumerRecord<byte[], byte[]>> polled(List<Letter> letters) {
        return letters.stream().map(Letter::polled).toList();
    }

    /** Of all of them. */
    static List<Place> places(List<Letter> letters) {
        return letters.stream().map(Letter::place).toList();
    }

    Place place() {
        return new Place(polled.partition(), polled.offset());
    }

    /** When it became a dead letter. */
    Instant since() {
        return Instant.ofEpochMilli(polled.timestamp());
    }

    String reason() {
        return header(REASON).orElse("unknown");
    }

    String detail() {
        return header(DETAIL).orElse("");
    }

    /** How often it was tried; 1 if it does not tell. */
    int attempt() {
        return header(ATTEMPT)
                .filter(text -> text.matches("\\d{1,6}"))
                .map(Integer::valueOf)
                .orElse(1);
    }

    /** {@code topic-partition@offset} of the record that was rejected first. */
    String origin() {
        return "%s-%s@%s"
                .formatted(
                        header("tracker-topic").orElse("?"),
                        header("tracker-partition").orElse("?"),
                        header("tracker-offset").orElse("?"));
    }

    /** By its key; none if that is no UUID. */
    Optional<UUID> organization() {
        byte[] key = polled.key();
        if (key == null || key.length != 36) {
            return Optional.empty();
        }
        try {
            return Optional.of(UUID.fromString(new String(key, ISO_8859_1)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("letter", place().toString());
        map.put("since", since().toString());
        map.put("reason", reason());
        map.put("attempt", attempt());
        map.put("organization", organization().map(UUID::toString).orElse(null));
        map.put("origin", origin());
        map.put("detail", detail());
        return map;
    }

    @Override
    public String toString() {
        return "%s  %s  %s  attempt %d  org %s  from %s  %s"
                .formatted(
                        place(),
                        since(),
                        reason(),
                        attempt(),
                        organization().map(UUID::toString).orElse("?"),
                        origin(),
                        detail());
    }

    private Optional<String> header(String name) {
        Header header = polled.headers().lastHeader(name);
        return header == null || header.value() == null
                ? Optional.empty()
                : Optional.of(new String(header.value(), UTF_8));
    }
}

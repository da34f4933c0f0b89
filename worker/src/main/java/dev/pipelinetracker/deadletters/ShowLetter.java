package dev.pipelinetracker.deadletters;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pipelinetracker.replay.OpenFeed;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.wire.EventDecoder;
import dev.pipelinetracker.wire.RegistryUnavailableException;
import dev.pipelinetracker.wire.UnreadableEventException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.header.Header;

/** Shows one letter; what the publisher wrote, event and foreign headers, only if payload is wanted. */
final class ShowLetter {

    private final OpenFeed feed;
    private final boolean payload;

    ShowLetter(OpenFeed feed, boolean payload) {
        this.feed = feed;
        this.payload = payload;
    }

    void show(Letter letter, String became, Operator operator) {
        byte[] value = letter.polled().value();
        Map<String, String> headers = new LinkedHashMap<>();
        letter.polled().headers().forEach(header -> headers.put(header.key(), told(header)));
        String event = decoded(value);
        Map<String, Object> object = new LinkedHashMap<>(letter.asMap());
        object.put("became", became);
        object.put("headers", headers);
        object.put("value_bytes", value == null ? null : value.length);
        object.put("event", event);
        operator.show(
                "letter",
                object,
                "%s%n%s%n  value: %s%n  event: %s%n  now: %s"
                        .formatted(
                                letter,
                                headers.entrySet().stream()
                                        .map(header -> "  header %s: %s".formatted(header.getKey(), header.getValue()))
                                        .collect(Collectors.joining(System.lineSeparator())),
                                value == null ? "none" : value.length + " bytes",
                                event,
                                became));
    }

    private String told(Header header) {
        byte[] value = header.value();
        if (payload || header.key().startsWith("tracker-")) {
            return value == null ? "" : new String(value, UTF_8);
        }
        return (value == null ? 0 : value.length) + " bytes";
    }

    private String decoded(byte[] value) {
        try {
            String event = new EventDecoder<>(feed.processor().feed().eventType(), feed.registry())
                    .decode(value)
                    .toString();
            return payload ? event : "can be decoded; --payload shows it";
        } catch (UnreadableEventException e) {
            return "cannot be decoded: " + e.getMessage();
        } catch (RegistryUnavailableException e) {
            return "cannot be decoded now: " + e.getMessage();
        }
    }
}

package dev.pipelinetracker.deadletters;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pipelinetracker.engine.ConfirmedSends;
import dev.pipelinetracker.engine.Outcome.Rejected;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** Sends letters on, key, value and foreign headers byte for byte, with the coordinates of their first rejection. */
final class Outbox {

    private static final int LONGEST_TEXT = 500;

    private final ConfirmedSends<Place> sends;

    /** Of the batch in hand: it is tried again after a fault, and these are not sent again then. */
    private final Set<Place> acknowledged = new HashSet<>();

    Outbox(Producer<byte[], byte[]> producer) {
        this.sends = new ConfirmedSends<>(producer, acknowledged::add);
    }

    /** A letter that was rejected again. */
    void sendAgain(String topic, Letter letter, Rejected why) {
        Headers headers = new RecordHeaders(letter.polled().headers().toArray());
        replace(headers, Letter.REASON, why.reason().label());
        replace(headers, Letter.DETAIL, why.detail());
        replace(headers, Letter.ATTEMPT, Integer.toString(letter.attempt() + 1));
        send(topic, letter, headers);
    }

    /** A letter that somebody gives up. */
    void park(String topic, Letter letter, String by, @Nullable String reason) {
        Headers headers = new RecordHeaders(letter.polled().headers().toArray());
        replace(headers, "tracker-parked-by", by);
        replace(headers, "tracker-parked-reason", reason == null ? "" : reason);
        send(topic, letter, headers);
    }

    /**
     * Returns when the broker has all but those that are too large to be sent on; throws as {@link ConfirmedSends#flush}.
     *
     * @return where the ones that are too large come from: nothing of them is anywhere
     */
    Set<Place> flush() {
        return Set.copyOf(sends.flush());
    }

    /** The batch is committed: what is sent from now on is of another. */
    void batchIsDone() {
        acknowledged.clear();
    }

    private void send(String topic, Letter letter, Headers headers) {
        if (!acknowledged.contains(letter.place())) {
            sends.send(
                    letter.place(),
                    new ProducerRecord<>(
                            topic,
                            null,
                            null,
                            letter.polled().key(),
                            letter.polled().value(),
                            headers));
        }
    }

    private static void replace(Headers headers, String name, String value) {
        headers.remove(name);
        headers.add(
                name, value.substring(0, Math.min(value.length(), LONGEST_TEXT)).getBytes(UTF_8));
    }
}

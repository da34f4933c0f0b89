package dev.pipelinetracker.deadletters;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pipelinetracker.engine.Outcome.Rejected;
import dev.pipelinetracker.engine.WorldFault;
import dev.pipelinetracker.engine.WorldFault.Cause;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** Sends letters on, key, value and foreign headers byte for byte, with the coordinates of their first rejection. */
final class Outbox {

    private static final int LONGEST_TEXT = 500;

    private final Producer<byte[], byte[]> producer;
    private final List<Sent> sent = new ArrayList<>();

    /** Of the batch in hand: it is tried again after a fault, and these are not sent again then. */
    private final Set<Place> acknowledged = new HashSet<>();

    private record Sent(Place letter, Future<RecordMetadata> acknowledgement) {}

    Outbox(Producer<byte[], byte[]> producer) {
        this.producer = producer;
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
     * Returns when the broker has acknowledged all but those that are too large for the topic or the producer, which no waiting
     * would change.
     *
     * @return where the ones that are too large come from: nothing of them is anywhere
     * @throws WorldFault if it has not: send all of the batch again; some whose acknowledgement was lost may be there twice then
     */
    Set<Place> flush() {
        Set<Place> tooLarge = new HashSet<>();
        Throwable first = settle(tooLarge);
        if (first != null) {
            throw unacknowledged(first);
        }
        return tooLarge;
    }

    /** The batch is committed: what is sent from now on is of another. */
    void batchIsDone() {
        acknowledged.clear();
    }

    /** Throws WorldFault, too, if it fails at once: each may take as long as the producer's time-outs allow. */
    private void send(String topic, Letter letter, Headers headers) {
        if (acknowledged.contains(letter.place())) {
            return;
        }
        ProducerRecord<byte[], byte[]> again = new ProducerRecord<>(
                topic, null, null, letter.polled().key(), letter.polled().value(), headers);
        Throwable fault;
        try {
            Future<RecordMetadata> acknowledgement = producer.send(again);
            sent.add(new Sent(letter.place(), acknowledgement));
            fault = acknowledgement.isDone() ? fault(acknowledgement) : null;
        } catch (KafkaException e) {
            fault = e;
        }
        if (fault != null && !(fault instanceof RecordTooLargeException)) {
            Throwable unusedSame = settle(new HashSet<>());
            throw unacknowledged(fault);
        }
    }

    /** Waits for all answers: the first fault, if any. */
    private @Nullable Throwable settle(Set<Place> tooLarge) {
        Throwable first = null;
        for (Sent each : sent) {
            Throwable fault = fault(each.acknowledgement());
            if (fault == null) {
                acknowledged.add(each.letter());
            } else if (fault instanceof RecordTooLargeException) {
                tooLarge.add(each.letter());
            } else if (first == null) {
                first = fault;
            }
        }
        sent.clear();
        return first;
    }

    private static @Nullable Throwable fault(Future<RecordMetadata> answer) {
        try {
            RecordMetadata unusedPlace = answer.get();
            return null;
        } catch (ExecutionException e) {
            return e.getCause() == null ? e : e.getCause();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return e;
        }
    }

    private static void replace(Headers headers, String name, String value) {
        headers.remove(name);
        headers.add(
                name, value.substring(0, Math.min(value.length(), LONGEST_TEXT)).getBytes(UTF_8));
    }

    private static WorldFault unacknowledged(Throwable cause) {
        return new WorldFault(
                Cause.BROKER, "letters not acknowledged: " + cause.getClass().getSimpleName(), cause);
    }
}

package dev.pipelinetracker.deadletters;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pipelinetracker.engine.Outcome.Rejected;
import dev.pipelinetracker.engine.WorldFault;
import dev.pipelinetracker.engine.WorldFault.Cause;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** Sends letters on, key, value and foreign headers byte for byte, with the coordinates of their first rejection. */
final class Outbox {

    private static final int LONGEST_TEXT = 500;

    private final Producer<byte[], byte[]> producer;
    private final List<Future<RecordMetadata>> sent = new ArrayList<>();
    private AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

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

    /** Returns when the broker has acknowledged all; throws WorldFault if it has not: some may be there twice later. */
    void flush() {
        try {
            for (Future<RecordMetadata> acknowledgement : sent) {
                acknowledgement.get();
            }
        } catch (ExecutionException e) {
            throw unacknowledged(e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unacknowledged(e);
        } finally {
            forget();
        }
    }

    /** What was sent so far may fail later; that is nothing to what is sent from now on. */
    private void forget() {
        sent.clear();
        failure = new AtomicReference<>();
    }

    /** Throws WorldFault, too, if this or an earlier one failed: each may take as long as the producer's time-outs allow. */
    private void send(String topic, Letter letter, Headers headers) {
        ProducerRecord<byte[], byte[]> again = new ProducerRecord<>(
                topic, null, null, letter.polled().key(), letter.polled().value(), headers);
        AtomicReference<@Nullable Exception> failureOfThese = failure;
        try {
            sent.add(producer.send(again, (place, fault) -> {
                if (fault != null) {
                    failureOfThese.compareAndSet(null, fault);
                }
            }));
        } catch (KafkaException e) {
            failure.compareAndSet(null, e);
        }
        Exception first = failure.get();
        if (first != null) {
            forget();
            throw unacknowledged(first);
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

package dev.pipelinetracker.engine;

import dev.pipelinetracker.engine.WorldFault.Cause;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;

/**
 * Sends dead letters, batch by batch, and knows of each whether the broker has it. For one thread.
 *
 * @param <T> what a letter is called
 */
public final class ConfirmedSends<T> {

    private final Producer<byte[], byte[]> producer;
    private final Consumer<T> acknowledged;
    private final List<Sent<T>> sent = new ArrayList<>();

    private record Sent<T>(T letter, Future<RecordMetadata> answer) {}

    /**
     * @param producer waits for all in-sync replicas ({@code acks=all}), and no longer than its delivery.timeout.ms
     * @param acknowledged told each letter that the broker has, whatever becomes of the others
     */
    public ConfirmedSends(Producer<byte[], byte[]> producer, Consumer<T> acknowledged) {
        this.producer = producer;
        this.acknowledged = acknowledged;
    }

    /**
     * Sends a letter, whose answer {@link #flush} waits for.
     *
     * @throws WorldFault if it fails at once, when all before it are answered: without a topic or a broker each send blocks
     *     for max.block.ms, so do not try the next
     */
    public void send(T letter, ProducerRecord<byte[], byte[]> produced) {
        Throwable fault = null;
        try {
            Future<RecordMetadata> answer = producer.send(produced);
            sent.add(new Sent<>(letter, answer));
            fault = answer.isDone() ? fault(answer) : null;
        } catch (KafkaException e) {
            fault = e;
        }
        if (fault != null && !(fault instanceof RecordTooLargeException)) {
            Throwable unusedSame = awaitAll(new ArrayList<>());
            throw unacknowledged(fault);
        }
    }

    /**
     * Returns once all are answered.
     *
     * @return those that are too large for the topic or the producer, which no waiting would change; the broker has all others
     * @throws WorldFault the first other failure: send the batch again; some whose acknowledgement was lost may be there
     *     twice then
     */
    public List<T> flush() {
        List<T> tooLarge = new ArrayList<>();
        Throwable first = awaitAll(tooLarge);
        if (first != null) {
            throw unacknowledged(first);
        }
        return tooLarge;
    }

    /** What the letters of a batch wait for. */
    static WorldFault unacknowledged(Throwable cause) {
        return new WorldFault(
                Cause.BROKER,
                "dead letters not acknowledged: " + cause.getClass().getSimpleName(),
                cause);
    }

    private @Nullable Throwable awaitAll(List<T> tooLarge) {
        Throwable first = null;
        for (Sent<T> each : sent) {
            Throwable fault = fault(each.answer());
            if (fault == null) {
                acknowledged.accept(each.letter());
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
}

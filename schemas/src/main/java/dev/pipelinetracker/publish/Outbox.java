package dev.pipelinetracker.publish;

import dev.pipelinetracker.wire.RegistryUnavailableException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Between the job and Kafka: takes events without waiting for anything but room, and hands them to the producer in their order
 * on a thread of its own, where waiting hurts nobody.
 */
final class Outbox {
    private static final Duration BETWEEN_ATTEMPTS = Duration.ofSeconds(1);
    private static final Duration DELIVERY_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration PRODUCER_CLOSE = Duration.ofSeconds(1);

    private final Producer<byte[], Object> producer;
    private final FailureLog failures;
    private final long capacity;
    private final long maxBlockNanos;
    private final long deliveryTimeoutNanos;
    private final LinkedBlockingQueue<Envelope> queue = new LinkedBlockingQueue<>();
    private final Thread sender = new Thread(this::sendUntilClosed, "pipeline-tracker-publisher");

    /** Guards all below. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition settledSome = lock.newCondition();
    /** By number, in the order of acceptance. */
    private final Map<Envelope, Long> pending = new LinkedHashMap<>();

    private long accepted;
    private long unsettled;
    private long pendingBytes;
    private long delivered;
    private long failed;
    private boolean stalled;
    private boolean closed;

    Outbox(Producer<byte[], Object> producer, PublisherSettings settings, FailureLog failures) {
        this.producer = producer;
        this.failures = failures;
        this.capacity = settings.bufferBytes();
        this.maxBlockNanos = settings.maxBlock().toNanos();
        Object timeout = settings.kafka().get(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG);
        this.deliveryTimeoutNanos = timeout == null
                ? DELIVERY_TIMEOUT.toNanos()
                : TimeUnit.MILLISECONDS.toNanos(Long.parseLong(timeout.toString()));
        // A job that forgets to close must not hang for it.
        sender.setDaemon(true);
        sender.start();
    }

    CompletableFuture<RecordMetadata> accept(Envelope envelope) {
        String refusal = refusal(envelope);
        if (refusal == null) {
            return envelope.delivery();
        }
        countFailure();
        PublishException failure = new PublishException(envelope.feed() + ": " + refusal, null);
        failures.failed(failure);
        envelope.delivery().completeExceptionally(failure);
        return envelope.delivery();
    }

    /** Queues the event, or says why not. */
    private @Nullable String refusal(Envelope envelope) {
        lock.lock();
        try {
            if (envelope.size() > capacity) {
                return "the event's " + envelope.size() + " bytes exceed the buffer of " + capacity;
            }
            long nanos = stalled ? 0 : maxBlockNanos;
            while (!closed && pendingBytes + envelope.size() > capacity) {
                if (nanos <= 0) {
                    // One wait per outage is enough: the job must go on.
                    stalled = true;
                    return "the buffer of " + capacity + " bytes is full, and Kafka or the registry takes nothing";
                }
                nanos = settledSome.awaitNanos(nanos);
            }
            if (closed) {
                return "the publisher is closed";
            }
            pending.put(envelope, ++accepted);
            unsettled++;
            pendingBytes += envelope.size();
            queue.add(envelope);
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted while waiting for room in the buffer";
        } finally {
            lock.unlock();
        }
    }

    void countFailure() {
        lock.lock();
        try {
            failed++;
        } finally {
            lock.unlock();
        }
    }

    /** Whether all that were accepted by now have been settled in time. */
    boolean awaitSettled(Duration within) {
        lock.lock();
        try {
            long nanos = within.toNanos();
            // What comes later is not waited for.
            long last = accepted;
            while (!pending.isEmpty() && pending.values().iterator().next() <= last) {
                if (nanos <= 0) {
                    return false;
                }
                nanos = settledSome.awaitNanos(nanos);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    Deliveries deliveries() {
        lock.lock();
        try {
            return new Deliveries(delivered, failed, unsettled);
        } finally {
            lock.unlock();
        }
    }

    /** @throws KafkaException if the broker does not tell the topic's partitions within max.block.ms */
    void requireTopic(String topic) {
        var unused = producer.partitionsFor(topic);
    }

    void close(Duration within) {
        lock.lock();
        try {
            closed = true;
            settledSome.signalAll();
        } finally {
            lock.unlock();
        }
        awaitSettled(within);
        sender.interrupt();
        producer.close(PRODUCER_CLOSE);
        for (Envelope left : copyOfPending()) {
            settle(
                    left,
                    null,
                    new PublishException(left.feed() + ": not delivered before the publisher was closed", null));
        }
    }

    private List<Envelope> copyOfPending() {
        lock.lock();
        try {
            return List.copyOf(pending.keySet());
        } finally {
            lock.unlock();
        }
    }

    private void sendUntilClosed() {
        try {
            while (true) {
                send(queue.take());
            }
        } catch (InterruptedException e) {
            // closed; what is left is settled there
        }
    }

    private void send(Envelope envelope) throws InterruptedException {
        while (true) {
            try {
                var unused = producer.send(
                        envelope.toProduce(),
                        (place, failure) ->
                                settle(envelope, place, failure == null ? null : explained(envelope, failure)));
                return;
            } catch (RegistryUnavailableException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedException();
                }
                // An outage of the registry is waited for as long as one of Kafka.
                if (System.nanoTime() - envelope.acceptedNanos() > deliveryTimeoutNanos) {
                    settle(envelope, null, explained(envelope, e));
                    return;
                }
                Thread.sleep(BETWEEN_ATTEMPTS.toMillis());
            } catch (RuntimeException e) {
                settle(envelope, null, explained(envelope, e));
                return;
            }
        }
    }

    private void settle(Envelope envelope, @Nullable RecordMetadata place, @Nullable PublishException failure) {
        lock.lock();
        try {
            if (!envelope.settle()) {
                return;
            }
            unsettled--;
            if (failure == null) {
                delivered++;
            } else {
                failed++;
            }
        } finally {
            lock.unlock();
        }
        if (failure == null) {
            envelope.delivery().complete(place);
        } else {
            failures.failed(failure);
            envelope.delivery().completeExceptionally(failure);
        }
        // Only now: whoever waited for all to settle finds the futures done.
        lock.lock();
        try {
            pending.remove(envelope);
            pendingBytes -= envelope.size();
            stalled = false;
            settledSome.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static PublishException explained(Envelope envelope, Exception failure) {
        return new PublishException(
                envelope.feed() + ": " + failure.getClass().getSimpleName() + ": " + failure.getMessage(), failure);
    }
}

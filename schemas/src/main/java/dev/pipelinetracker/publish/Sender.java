package dev.pipelinetracker.publish;

import dev.pipelinetracker.wire.RegistryUnavailableException;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** Hands events to the producer in their order, on a thread of its own, where waiting hurts nobody. */
final class Sender {
    private static final Duration BETWEEN_ATTEMPTS = Duration.ofSeconds(1);

    private final Producer<byte[], Object> producer;
    private final long deliveryTimeoutNanos;
    private final Settlement settlement;
    private final LinkedBlockingQueue<Envelope> queue = new LinkedBlockingQueue<>();
    private final Thread thread = new Thread(this::sendUntilStopped, "pipeline-tracker-publisher");

    /** @param deliveryTimeout longest that an outage of the registry is waited for, from an event's acceptance on */
    Sender(Producer<byte[], Object> producer, Duration deliveryTimeout, Settlement settlement) {
        this.producer = producer;
        this.deliveryTimeoutNanos = deliveryTimeout.toNanos();
        this.settlement = settlement;
        // A job that forgets to close must not hang for it.
        thread.setDaemon(true);
        thread.start();
    }

    void add(Envelope envelope) {
        queue.add(envelope);
    }

    /** What is still queued is not settled here. */
    void stop() {
        thread.interrupt();
    }

    private void sendUntilStopped() {
        try {
            while (true) {
                send(queue.take());
            }
        } catch (InterruptedException e) {
            // stopped
        }
    }

    private void send(Envelope envelope) throws InterruptedException {
        while (true) {
            try {
                var unused = producer.send(
                        envelope.toProduce(), (place, failure) -> settlement.settle(envelope, place, failure));
                return;
            } catch (RegistryUnavailableException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedException();
                }
                // An outage of the registry is waited for as long as one of Kafka.
                if (System.nanoTime() - envelope.acceptedNanos() > deliveryTimeoutNanos) {
                    settlement.settle(envelope, null, e);
                    return;
                }
                Thread.sleep(BETWEEN_ATTEMPTS.toMillis());
            } catch (Throwable e) {
                // An Error, too: a class that a foreign serializer misses must not end the thread that sends all the
                // others.
                settlement.settle(envelope, null, e);
                return;
            }
        }
    }

    /** Learns what became of an event; called by this thread or by the producer's. */
    @FunctionalInterface
    interface Settlement {

        /** The place where it was delivered to, or the failure. */
        void settle(Envelope envelope, @Nullable RecordMetadata place, @Nullable Throwable failure);
    }
}

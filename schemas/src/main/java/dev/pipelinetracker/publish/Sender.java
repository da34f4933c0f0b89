package dev.pipelinetracker.publish;

import dev.pipelinetracker.wire.RegistryUnavailableException;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Hands events of one feed to the producer in their order, on a thread of its own: the producer waits for a topic that is not
 * there, up to max.block.ms an event, which must hold up neither the job nor another feed.
 */
final class Sender {
    private static final Duration BETWEEN_ATTEMPTS = Duration.ofSeconds(1);

    /** A twentieth of its time is too little for an event whose turn has only come. */
    private static final int MARGIN = 20;

    private final BrokerConnection connection;
    private final long deliveryTimeoutNanos;
    private final Settlement settlement;
    private final LinkedBlockingQueue<Envelope> queue = new LinkedBlockingQueue<>();
    private final Thread thread;

    /**
     * Starts the thread.
     *
     * @param deliveryTimeout longest that an event waits for the registry, for DNS or for its turn, from its acceptance on
     */
    Sender(EventFeed feed, BrokerConnection connection, Duration deliveryTimeout, Settlement settlement) {
        this.connection = connection;
        this.deliveryTimeoutNanos = deliveryTimeout.toNanos();
        this.settlement = settlement;
        this.thread = new Thread(this::sendUntilStopped, "pipeline-tracker-publisher-" + feed);
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
        if (isOlderThan(deliveryTimeoutNanos - deliveryTimeoutNanos / MARGIN, envelope)) {
            // Else each event of a topic that is not there would hold up the next ones for max.block.ms. With a margin,
            // or one accepted a moment after the first would wait as long once more.
            settlement.settle(
                    envelope,
                    null,
                    new TimeoutException("those before it could not be sent within delivery.timeout.ms"));
            return;
        }
        while (true) {
            try {
                var unused = connection
                        .producer()
                        .send(envelope.toProduce(), (place, failure) -> settlement.settle(envelope, place, failure));
                return;
            } catch (RegistryUnavailableException | UnresolvedBrokersException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedException();
                }
                // An outage of the registry or of DNS is waited for as long as one of Kafka.
                if (isOlderThan(deliveryTimeoutNanos, envelope)) {
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

    private static boolean isOlderThan(long nanos, Envelope envelope) {
        return System.nanoTime() - envelope.acceptedNanos() > nanos;
    }

    /** Learns what became of an event; called by the sender's thread or by the producer's. */
    @FunctionalInterface
    interface Settlement {

        /** The place where it was delivered to, or the failure. */
        void settle(Envelope envelope, @Nullable RecordMetadata place, @Nullable Throwable failure);
    }
}

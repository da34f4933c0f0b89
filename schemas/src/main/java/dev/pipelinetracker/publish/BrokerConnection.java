package dev.pipelinetracker.publish;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kafka's producer, which comes into being when it can: its constructor fails while no broker's name resolves, and that is an
 * outage like any other. Safe for use by several threads.
 */
final class BrokerConnection {
    private static final Logger log = LoggerFactory.getLogger(Publisher.class);

    /** Longest to wait for a topic before the first event; delivering one may take longer. */
    private static final Duration READY_WITHIN = Duration.ofSeconds(10);

    private final Supplier<Producer<byte[], Object>> maker;
    private @Nullable Producer<byte[], Object> made;
    private boolean closed;

    /** @param maker throws {@link UnresolvedBrokersException} as long as no broker's name resolves; is then asked again */
    BrokerConnection(Supplier<Producer<byte[], Object>> maker) {
        this.maker = maker;
    }

    /**
     * Makes the producer, or leaves it to the first event if the names do not resolve now.
     *
     * @throws KafkaException if Kafka's settings are not valid
     */
    void open() {
        try {
            var unused = producer();
        } catch (UnresolvedBrokersException e) {
            log.warn("{}: events wait", e.getMessage());
        }
    }

    /**
     * The producer.
     *
     * @throws UnresolvedBrokersException if no broker's name resolves now
     * @throws KafkaException if Kafka's settings are not valid, or it was closed before
     */
    synchronized Producer<byte[], Object> producer() {
        if (made == null) {
            if (closed) {
                throw new KafkaException("the publisher is closed");
            }
            made = maker.get();
        }
        return made;
    }

    /** @throws KafkaException if no broker tells the topic's partitions within max.block.ms, or 10 s if that is more */
    void requireTopic(String topic) {
        CompletableFuture<?> partitions = new CompletableFuture<>();
        start("ready", () -> {
            try {
                var unused = producer().partitionsFor(topic);
                partitions.complete(null);
            } catch (Throwable e) {
                partitions.completeExceptionally(e);
            }
        });
        try {
            partitions.get(READY_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new TimeoutException("no answer within " + READY_WITHIN.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof KafkaException failure) {
                throw failure;
            }
            throw new CompletionException(e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /**
     * Closes the producer, if there is one, on a thread of its own: its close waits for a broker that does not answer until
     * the request times out, whatever time it is given.
     *
     * @param within for the producer to send what it has; nothing is sent if it is zero
     * @param wait longest that this method takes
     * @throws InterruptedException if interrupted; the producer is closed nevertheless
     */
    void close(Duration within, Duration wait) throws InterruptedException {
        start("close", () -> {
                    synchronized (this) {
                        closed = true;
                        if (made != null) {
                            made.close(within);
                        }
                    }
                })
                .join(wait.toMillis());
    }

    private static Thread start(String what, Runnable work) {
        Thread thread = new Thread(work, "pipeline-tracker-publisher-" + what);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}

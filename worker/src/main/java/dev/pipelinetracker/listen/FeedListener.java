package dev.pipelinetracker.listen;

import dev.pipelinetracker.engine.Processor;
import dev.pipelinetracker.engine.WorldFault;
import dev.pipelinetracker.engine.WorldFault.Cause;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.BatchAcknowledgingMessageListener;
import org.springframework.kafka.support.Acknowledgment;

/**
 * Hands a feed's polled batches to its {@link Processor}. A batch whose outcomes are durable is acknowledged. One that
 * met a fault of the world waits for the back-off and is polled again, whole and without end.
 */
final class FeedListener implements BatchAcknowledgingMessageListener<byte[], byte[]> {

    private static final Logger log = LoggerFactory.getLogger(FeedListener.class);

    private final Processor<?, ?> processor;
    private final Progress progress;
    private final CountDownLatch stopping;
    private final WaitLog waits;

    /** Listens for that processor's feed; {@code stopping} is counted down when the worker is told to stop. */
    FeedListener(Processor<?, ?> processor, Progress progress, WaitLog waits, CountDownLatch stopping) {
        this.processor = processor;
        this.progress = progress;
        this.waits = waits;
        this.stopping = stopping;
    }

    @Override
    public void onMessage(List<ConsumerRecord<byte[], byte[]>> polled, @Nullable Acknowledgment acknowledgment) {
        // null only for ack modes that acknowledge by themselves, which the container's is not
        Acknowledgment whenDone = Objects.requireNonNull(acknowledgment);
        int share = progress.started(polled);
        for (int from = 0; from < polled.size(); from += share) {
            List<ConsumerRecord<byte[], byte[]>> inHand = polled.subList(from, Math.min(polled.size(), from + share));
            try {
                processor.process(inHand);
            } catch (RuntimeException fault) {
                storeUnaffected(inHand, fault);
                await(inHand, fault);
                // all of them: those that are stored already will change nothing
                whenDone.nack(0, Duration.ZERO);
                return;
            }
            progress.processed(inHand);
            if (progress.waitsFor().isEmpty()) {
                waits.over()
                        .ifPresent(waited -> log.info(
                                "{}: goes on after {}", processor.feed().name(), WaitLog.text(waited)));
            }
        }
        whenDone.acknowledge();
    }

    /** A record that waits for its schema does not hold up those before it: they are stored, though not committed. */
    private void storeUnaffected(List<ConsumerRecord<byte[], byte[]>> inHand, RuntimeException fault) {
        if (fault instanceof WorldFault known && known.unaffected() > 0) {
            try {
                processor.process(inHand.subList(0, known.unaffected()));
            } catch (RuntimeException another) {
                log.debug("the records before wait, too", another);
            }
        }
    }

    /**
     * Tells what is at fault, and waits on the consumer's own thread: for less than max.poll.interval.ms, so it keeps its
     * membership, and without pausing anything, so no rebalance can leave a partition paused.
     */
    private void await(List<ConsumerRecord<byte[], byte[]>> inHand, RuntimeException fault) {
        Cause cause = fault instanceof WorldFault known ? known.kind() : Cause.UNEXPECTED;
        processor.meters().retried(cause);
        Duration pause = progress.waiting(inHand, cause);
        waits.failed(cause).ifPresent(waited -> tell(inHand, cause, fault, waited));
        try {
            // a stop ends the wait; what follows is the same
            boolean unusedStopped = stopping.await(pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell(
            List<ConsumerRecord<byte[], byte[]>> inHand, Cause cause, RuntimeException fault, Duration waited) {
        String feed = processor.feed().name();
        String wait = WaitLog.wait(waited);
        ConsumerRecord<byte[], byte[]> first = inHand.get(0);
        String records =
                inHand.size() + " records from " + first.topic() + "-" + first.partition() + "@" + first.offset();
        switch (cause) {
            case DATABASE_AWAY, DATABASE_BUSY, DATABASE_SLOW, DATABASE_READ_ONLY, BROKER, REGISTRY ->
                log.warn("{}: {}, {}: {}; {}", feed, wait, cause.label(), fault.getMessage(), records);
            case DATABASE_STOPPED ->
                log.error("{}: {} until somebody mends the database: {}; {}", feed, wait, fault.getMessage(), records);
            case UNEXPECTED -> log.error("{}: {}, stopped by a fault of our own; {}", feed, wait, records, fault);
        }
    }
}

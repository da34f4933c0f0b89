package dev.pipelinetracker.listen;

import dev.pipelinetracker.engine.Processor;
import dev.pipelinetracker.engine.WorldFault;
import dev.pipelinetracker.engine.WorldFault.Cause;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.BatchAcknowledgingConsumerAwareMessageListener;
import org.springframework.kafka.support.Acknowledgment;

/**
 * Hands a feed's polled batches to its {@link Processor}. A batch whose outcomes are durable is acknowledged. One that
 * met a fault of the world waits for the back-off and is polled again, without end; what of it is durable already is not
 * processed again.
 */
final class FeedListener implements BatchAcknowledgingConsumerAwareMessageListener<byte[], byte[]> {

    private static final Logger log = LoggerFactory.getLogger(FeedListener.class);

    private final Processor<?, ?> processor;
    private final Places places;
    private final Progress progress;
    private final Gaps gaps;
    private final CountDownLatch stopping;
    private final WaitLog waits;

    /** Listens for that processor's feed; {@code stopping} is counted down when the worker is told to stop. */
    FeedListener(
            Processor<?, ?> processor,
            Places places,
            Progress progress,
            Gaps gaps,
            WaitLog waits,
            CountDownLatch stopping) {
        this.processor = processor;
        this.places = places;
        this.progress = progress;
        this.gaps = gaps;
        this.waits = waits;
        this.stopping = stopping;
    }

    @Override
    public void onMessage(
            List<ConsumerRecord<byte[], byte[]>> polled,
            @Nullable Acknowledgment acknowledgment,
            @Nullable Consumer<?, ?> polledBy) {
        Consumer<?, ?> consumer = Objects.requireNonNull(polledBy);
        // null only for ack modes that acknowledge by themselves, which the container's is not
        Acknowledgment whenDone = Objects.requireNonNull(acknowledgment);
        List<ConsumerRecord<byte[], byte[]>> inHand = polled;
        try {
            if (!places.isInPlace(consumer, polled)) {
                return;
            }
        } catch (KafkaException fault) {
            // it is sent back already, and maybe further than to what was polled: a nack would undo that
            await(polled, fault);
            return;
        }
        try {
            if (!gaps.areRecorded()) {
                gaps.record();
            }
            List<List<ConsumerRecord<byte[], byte[]>>> shares = progress.started(polled);
            for (List<ConsumerRecord<byte[], byte[]>> share : shares) {
                inHand = share;
                processor.process(share);
                if (shares.size() > 1) {
                    progress.settled(share);
                }
            }
            if (!gaps.areRecorded()) {
                // found meanwhile: what waits is the commit alone
                progress.settled(polled);
                gaps.record();
            }
        } catch (RuntimeException fault) {
            settleUnaffected(inHand, fault);
            await(inHand, fault);
            // all of them: nack(n) would commit the first n by themselves, and if that fails, poll on behind the others
            whenDone.nack(0, Duration.ZERO);
            return;
        }
        progress.acknowledged(polled);
        if (progress.waitsFor().isEmpty()) {
            waits.tellOver(log, processor.feed().name());
        }
        whenDone.acknowledge();
    }

    /** Records that wait for their schema do not hold up the others: those are settled, though not committed. */
    private void settleUnaffected(List<ConsumerRecord<byte[], byte[]>> inHand, RuntimeException fault) {
        if (fault instanceof WorldFault known && !known.unaffected().isEmpty()) {
            List<ConsumerRecord<byte[], byte[]>> others =
                    known.unaffected().stream().mapToObj(inHand::get).toList();
            try {
                processor.process(others);
                progress.settled(others);
            } catch (RuntimeException another) {
                log.debug("the others wait, too", another);
            }
        }
    }

    /**
     * Tells what is at fault, and waits on the consumer's own thread: for less than max.poll.interval.ms, so it keeps its
     * membership, and without pausing anything, so no rebalance can leave a partition paused.
     */
    private void await(List<ConsumerRecord<byte[], byte[]>> inHand, RuntimeException fault) {
        Cause cause = causeOf(fault);
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

    private static Cause causeOf(RuntimeException fault) {
        if (fault instanceof WorldFault known) {
            return known.kind();
        }
        // the consumer's: where the batch's records are in their log was not told in time
        return fault instanceof KafkaException ? Cause.BROKER : Cause.UNEXPECTED;
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

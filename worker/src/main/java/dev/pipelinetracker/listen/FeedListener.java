package dev.pipelinetracker.listen;

import dev.pipelinetracker.engine.Processor;
import dev.pipelinetracker.engine.WorldFault;
import dev.pipelinetracker.engine.WorldFault.Cause;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.BatchAcknowledgingMessageListener;
import org.springframework.kafka.support.Acknowledgment;

/**
 * Hands a feed's polled batches to its {@link Processor}. A batch whose outcomes are durable is acknowledged. One that
 * met a fault of the world is put back: its partitions are paused, the consumer goes on polling, so it stays in its
 * group, and after the back-off the batch is fetched again, without end.
 */
final class FeedListener implements BatchAcknowledgingMessageListener<byte[], byte[]> {

    private static final Logger log = LoggerFactory.getLogger(FeedListener.class);

    private final Processor<?, ?> processor;
    private final Progress progress;

    FeedListener(Processor<?, ?> processor, Progress progress) {
        this.processor = processor;
        this.progress = progress;
    }

    @Override
    public void onMessage(List<ConsumerRecord<byte[], byte[]>> polled, @Nullable Acknowledgment acknowledgment) {
        // null only for ack modes that acknowledge by themselves, which the container's is not
        Acknowledgment whenDone = Objects.requireNonNull(acknowledgment);
        int share = progress.started(polled);
        List<ConsumerRecord<byte[], byte[]>> inHand = polled.subList(0, share);
        try {
            processor.process(inHand);
        } catch (RuntimeException fault) {
            putBack(inHand, whenDone, fault);
            return;
        }
        progress.processed(inHand);
        if (share == polled.size()) {
            whenDone.acknowledge();
        } else {
            // acknowledges those before the index, and has the others delivered anew
            whenDone.nack(share, Duration.ZERO);
        }
    }

    private void putBack(
            List<ConsumerRecord<byte[], byte[]>> inHand, Acknowledgment acknowledgment, RuntimeException fault) {
        Cause cause = fault instanceof WorldFault known ? known.kind() : Cause.UNEXPECTED;
        processor.meters().retried(cause);
        Duration pause = progress.waiting(inHand, cause);
        String feed = processor.feed().name();
        ConsumerRecord<byte[], byte[]> first = inHand.get(0);
        String coordinates = first.topic() + "-" + first.partition() + "@" + first.offset();
        switch (cause) {
            case DATABASE_AWAY, DATABASE_BUSY, DATABASE_READ_ONLY, BROKER, REGISTRY ->
                log.warn(
                        "{}: {} records from {} wait {} ms, {}: {}",
                        feed,
                        inHand.size(),
                        coordinates,
                        pause.toMillis(),
                        cause.label(),
                        fault.getMessage());
            case DATABASE_STOPPED ->
                log.error(
                        "{}: stopped at {} until somebody mends the database, {} records wait: {}",
                        feed,
                        coordinates,
                        inHand.size(),
                        fault.getMessage());
            case UNEXPECTED ->
                log.error(
                        "{}: stopped at {} by a fault of our own, {} records wait",
                        feed,
                        coordinates,
                        inHand.size(),
                        fault);
        }
        acknowledgment.nack(0, pause);
    }
}

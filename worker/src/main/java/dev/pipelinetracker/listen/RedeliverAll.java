package dev.pipelinetracker.listen;

import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.CommonErrorHandler;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * For what goes wrong around the listener, which itself never throws: a commit that times out, for one. The whole batch
 * is polled again, which is harmless. Spring Kafka's default would call the listener again with offsets half committed,
 * and after ten times discard the records.
 */
final class RedeliverAll implements CommonErrorHandler {

    private static final Logger log = LoggerFactory.getLogger(RedeliverAll.class);

    private final String feed;
    private final WaitLog waits;

    /** For that feed; the listener tells when the wait is over. */
    RedeliverAll(String feed, WaitLog waits) {
        this.feed = feed;
        this.waits = waits;
    }

    @Override
    public boolean seeksAfterHandling() {
        return true;
    }

    @Override
    public boolean isAckAfterHandle() {
        return false;
    }

    @Override
    public void handleBatch(
            Exception thrown,
            ConsumerRecords<?, ?> polled,
            Consumer<?, ?> consumer,
            MessageListenerContainer container,
            Runnable invokeListener) {
        tell("a batch is polled again", thrown);
        for (TopicPartition partition : polled.partitions()) {
            if (consumer.assignment().contains(partition)) {
                consumer.seek(partition, polled.records(partition).get(0).offset());
            }
        }
    }

    @Override
    public void handleOtherException(
            Exception thrown, Consumer<?, ?> consumer, MessageListenerContainer container, boolean batchListener) {
        tell("polling failed, and is tried again", thrown);
    }

    private void tell(String what, Exception thrown) {
        waits.failed(what).ifPresent(waited -> log.warn("{}: {}: {}", feed, what, thrown.getMessage()));
    }
}

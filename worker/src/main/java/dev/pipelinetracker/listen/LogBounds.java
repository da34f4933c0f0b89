package dev.pipelinetracker.listen;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where logs start and end. By a client of its own: a consumer's question waits behind its fetch, and a consumer that reads
 * committed records takes the first open transaction for the log's end.
 */
final class LogBounds implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LogBounds.class);
    private static final Duration LONGEST = Duration.ofSeconds(5);

    // for a consumer's thread, which polls nothing meanwhile
    private static final Duration BRIEFLY = Duration.ofSeconds(2);

    /** How long the end of a client may take: by default it takes as long as the broker is away. */
    private static final Duration LONGEST_CLOSE = Duration.ofSeconds(1);

    private final Admin admin;

    /** Asks by this client, and closes it. */
    LogBounds(Admin admin) {
        this.admin = admin;
    }

    @Override
    public void close() {
        admin.close(LONGEST_CLOSE);
    }

    /**
     * Asks for all of them; ends count what open transactions have written.
     *
     * @throws KafkaException if the broker does not answer for each within 2 s
     */
    Map<TopicPartition, Long> ask(Collection<TopicPartition> partitions, OffsetSpec which) {
        try {
            Map<TopicPartition, Long> offsets = new HashMap<>();
            ask(partitions, which, IsolationLevel.READ_UNCOMMITTED, BRIEFLY)
                    .all()
                    .get()
                    .forEach((partition, bound) -> offsets.put(partition, bound.offset()));
            return offsets;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException known ? known : new KafkaException(e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** Asks for each by itself, for 5 s at most: a partition without a leader must not hide the others. */
    Asked askEach(Collection<TopicPartition> partitions, OffsetSpec which, IsolationLevel isolation) {
        ListOffsetsResult asked = ask(partitions, which, isolation, LONGEST);
        return () -> {
            Map<TopicPartition, Long> offsets = new HashMap<>();
            for (TopicPartition partition : partitions) {
                try {
                    // all are bounded by the request's time-out, and end together
                    offsets.put(
                            partition, asked.partitionResult(partition).get().offset());
                } catch (ExecutionException e) {
                    log.debug("bounds of {} not known: {}", partition, e.getCause());
                }
            }
            return offsets;
        };
    }

    /** A question that is on its way. */
    interface Asked {

        /** Waits for the answer, which lacks partitions for which the broker does not answer. */
        Map<TopicPartition, Long> answer() throws InterruptedException;
    }

    private ListOffsetsResult ask(
            Collection<TopicPartition> partitions, OffsetSpec which, IsolationLevel isolation, Duration timeout) {
        return admin.listOffsets(
                partitions.stream().collect(Collectors.toMap(partition -> partition, partition -> which)),
                new ListOffsetsOptions(isolation).timeoutMs((int) timeout.toMillis()));
    }
}

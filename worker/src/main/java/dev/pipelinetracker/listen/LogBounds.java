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
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where logs start and end. By a client of its own: a consumer's question waits behind its fetch, and takes the first open
 * transaction for the log's end.
 */
final class LogBounds implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LogBounds.class);

    // a consumer that asks polls nothing meanwhile
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

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
     * Asks for each by itself, for 2 s at most: a partition without a leader is missing in the answer, and hides no other.
     *
     * @param isolation whether ends are before the first open transaction, or count what those have written
     */
    Map<TopicPartition, Long> ask(Collection<TopicPartition> partitions, OffsetSpec which, IsolationLevel isolation) {
        ListOffsetsResult asked = admin.listOffsets(
                partitions.stream().collect(Collectors.toMap(partition -> partition, partition -> which)),
                new ListOffsetsOptions(isolation).timeoutMs((int) TIMEOUT.toMillis()));
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (TopicPartition partition : partitions) {
            try {
                // all are bounded by the request's time-out, and end together
                offsets.put(partition, asked.partitionResult(partition).get().offset());
            } catch (ExecutionException e) {
                log.debug("bounds of {} not known: {}", partition, e.getCause());
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
        return offsets;
    }
}

package dev.pipelinetracker.listen;

import dev.pipelinetracker.listen.Gap.Why;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Where to begin in a partition that was just assigned, and what is missing before. Kafka would decide by
 * {@code auto.offset.reset}, and tell nobody.
 *
 * @param next the offset of the first record to process
 * @param atLogStart whether the consumer must be sent there, to the log's start, since it would not go by itself
 * @param gap what is missing; null if nothing is
 */
record WhereToStart(long next, boolean atLogStart, @Nullable Gap gap) {

    /**
     * Asks the broker.
     *
     * @param timeout of each of three questions
     * @throws org.apache.kafka.common.KafkaException if it does not answer in time
     */
    static Map<TopicPartition, WhereToStart> ask(
            Consumer<?, ?> consumer, Collection<TopicPartition> partitions, Duration timeout) {
        Set<TopicPartition> those = new HashSet<>(partitions);
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(those, timeout);
        Map<TopicPartition, Long> starts = consumer.beginningOffsets(those, timeout);
        Map<TopicPartition, Long> ends = consumer.endOffsets(those, timeout);
        Map<TopicPartition, WhereToStart> answer = new HashMap<>();
        for (TopicPartition partition : those) {
            OffsetAndMetadata known = committed.get(partition);
            Long start = starts.get(partition);
            Long end = ends.get(partition);
            if (start != null && end != null) {
                answer.put(partition, of(partition, known == null ? null : known.offset(), start, end));
            }
        }
        return answer;
    }

    /**
     * Compares.
     *
     * @param committed the group's offset; null if it has none
     * @param start of the log
     * @param end of the log, where its next record will be
     */
    static WhereToStart of(TopicPartition partition, @Nullable Long committed, long start, long end) {
        if (committed == null) {
            // a log that starts at 0 has everything still, for a new group as for one whose offset expired
            return new WhereToStart(start, true, start > 0 ? new Gap(partition, 0, start, Why.NO_OFFSET) : null);
        }
        if (committed < start) {
            return new WhereToStart(start, true, new Gap(partition, committed, start, Why.DELETED));
        }
        if (committed > end) {
            return new WhereToStart(start, true, new Gap(partition, end, committed, Why.LOG_SHORTENED));
        }
        return new WhereToStart(committed, false, null);
    }
}

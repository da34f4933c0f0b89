package dev.pipelinetracker.listen;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** What of a polled batch is processed together, one share after the other. */
final class Shares {

    // bytes; what is processed together is there three times: as polled, as events, and as the statement's parameters
    private static final long LARGEST_SHARE = 16L << 20;

    private Shares() {}

    /** Whether the batch need not be divided for its size. */
    static boolean isSmall(List<ConsumerRecord<byte[], byte[]>> polled) {
        return bytes(polled) <= LARGEST_SHARE;
    }

    /**
     * Without what is durable already; what is slow by itself comes last, alone.
     *
     * @param limit of a share, in records
     * @param states of the consumer's own partitions; null for any other
     */
    static List<List<ConsumerRecord<byte[], byte[]>>> of(
            List<ConsumerRecord<byte[], byte[]>> polled,
            int limit,
            Function<TopicPartition, @Nullable PartitionProgress> states) {
        List<ConsumerRecord<byte[], byte[]>> open = new ArrayList<>(polled.size());
        // who was tried last is tried last: one that stays slow must not starve the next
        SortedMap<Long, List<ConsumerRecord<byte[], byte[]>>> alone = new TreeMap<>();
        for (ConsumerRecord<byte[], byte[]> each : polled) {
            PartitionProgress partition = states.apply(new TopicPartition(each.topic(), each.partition()));
            Long slow = partition == null ? null : partition.slowAt(each.offset());
            if (slow != null) {
                alone.put(slow, List.of(each));
            } else if (partition == null || !partition.isSettled(each.offset())) {
                open.add(each);
            }
        }
        List<List<ConsumerRecord<byte[], byte[]>>> shares = new ArrayList<>();
        int from = 0;
        long bytes = 0;
        for (int i = 0; i < open.size(); i++) {
            int size = bytes(open.get(i));
            if (i > from && (i - from == limit || bytes + size > LARGEST_SHARE)) {
                shares.add(open.subList(from, i));
                from = i;
                bytes = 0;
            }
            bytes += size;
        }
        if (from < open.size()) {
            shares.add(open.subList(from, open.size()));
        }
        shares.addAll(alone.values());
        return shares;
    }

    private static long bytes(List<ConsumerRecord<byte[], byte[]>> records) {
        long bytes = 0;
        for (ConsumerRecord<byte[], byte[]> each : records) {
            bytes += bytes(each);
        }
        return bytes;
    }

    private static int bytes(ConsumerRecord<byte[], byte[]> each) {
        byte[] value = each.value();
        return value == null ? 0 : value.length;
    }
}

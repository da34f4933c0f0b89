package dev.pipelinetracker.replay;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * What a replay is going to read.
 *
 * @param topicId the broker's: a topic that was deleted and made again has another, and other records at the same offsets
 */
record Plan(String feed, String topic, String topicId, Selection selection, List<PartitionRange> ranges) {

    Plan {
        ranges = List.copyOf(ranges);
    }

    /** Offsets that are left. */
    long remaining() {
        return sum(PartitionRange::remaining);
    }

    /** Records, at most, that retention has deleted. */
    long gap() {
        return sum(PartitionRange::gap);
    }

    /** By partition, where to go on. */
    Map<Integer, Long> next() {
        return byPartition(PartitionRange::next);
    }

    /** By partition, where to end. */
    Map<Integer, Long> ends() {
        return byPartition(PartitionRange::end);
    }

    /** How many of the offsets that were left lie before these. */
    long done(Map<Integer, Long> reached) {
        return sum(range -> reached.getOrDefault(range.partition(), range.next()) - range.next());
    }

    /** With these timestamps of the first records, by partition, where none is known yet. */
    Plan withAges(Map<Integer, Instant> oldest) {
        List<PartitionRange> aged = ranges.stream()
                .map(range -> range.oldest() != null
                        ? range
                        : new PartitionRange(
                                range.partition(),
                                range.first(),
                                range.end(),
                                range.next(),
                                range.gap(),
                                oldest.get(range.partition())))
                .toList();
        return new Plan(feed, topic, topicId, selection, aged);
    }

    /** For machines. */
    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("feed", feed);
        map.put("topic", topic);
        map.put("records", remaining());
        map.put("deleted_at_most", gap());
        map.put("partitions", ranges.stream().map(PartitionRange::asMap).toList());
        return map;
    }

    /** A table, for people. */
    @Override
    public String toString() {
        return "%s from topic %s%n%s%n%s%nat most %,d records%s"
                .formatted(
                        feed,
                        topic,
                        PartitionRange.HEADINGS,
                        ranges.stream()
                                .map(PartitionRange::toString)
                                .collect(Collectors.joining(System.lineSeparator())),
                        remaining(),
                        selection);
    }

    private long sum(ToLongFunction<PartitionRange> part) {
        return ranges.stream().mapToLong(part).sum();
    }

    private Map<Integer, Long> byPartition(ToLongFunction<PartitionRange> offset) {
        Map<Integer, Long> offsets = new TreeMap<>();
        ranges.forEach(range -> offsets.put(range.partition(), offset.applyAsLong(range)));
        return offsets;
    }
}

package dev.pipelinetracker.replay;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is read of a partition.
 *
 * @param first offset, included
 * @param end offset, excluded: frozen when planned
 * @param next offset to go on from; {@code first} at the start
 * @param gap records, at most, that belong to the range and that retention has deleted
 * @param oldest timestamp of the first record; null if not known
 */
record PartitionRange(
        int partition,
        long first,
        long end,
        long next,
        long gap,
        @Nullable Instant oldest) {

    static final String HEADINGS = "%9s %15s %15s %12s %12s  %s"
            .formatted("partition", "from offset", "to (excl.)", "records", "deleted", "oldest");

    /** Offsets that are left, which is at most so many records: compaction and transaction markers leave holes. */
    long remaining() {
        return Math.max(0, end - next);
    }

    /** For machines. */
    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("partition", partition);
        map.put("from_offset", next);
        map.put("end_offset", end);
        map.put("records", remaining());
        map.put("deleted_at_most", gap);
        map.put("oldest", oldest == null ? null : oldest.toString());
        return map;
    }

    /** For machines, of a replay that began some time ago. */
    Map<String, Object> onRecord() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("partition", partition);
        map.put("first_offset", first);
        map.put("next_offset", next);
        map.put("end_offset", end);
        map.put("deleted_at_most", gap);
        return map;
    }

    /** A line under {@link #HEADINGS}. */
    @Override
    public String toString() {
        return "%9d %15d %15d %12d %12d  %s"
                .formatted(partition, next, end, remaining(), gap, oldest == null || remaining() == 0 ? "-" : oldest);
    }
}

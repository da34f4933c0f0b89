package dev.pipelinetracker.replay;

import java.time.Instant;
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

    /** Offsets that are left, which is at most so many records: compaction and transaction markers leave holes. */
    long remaining() {
        return Math.max(0, end - next);
    }

    PartitionRange at(long offset) {
        return new PartitionRange(partition, first, end, offset, gap, oldest);
    }
}

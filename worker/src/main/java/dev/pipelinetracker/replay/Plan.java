package dev.pipelinetracker.replay;

import java.util.List;

/** What a replay is going to read. */
record Plan(String feed, String topic, Selection selection, List<PartitionRange> ranges) {

    Plan {
        ranges = List.copyOf(ranges);
    }

    long remaining() {
        return ranges.stream().mapToLong(PartitionRange::remaining).sum();
    }

    long gap() {
        return ranges.stream().mapToLong(PartitionRange::gap).sum();
    }
}

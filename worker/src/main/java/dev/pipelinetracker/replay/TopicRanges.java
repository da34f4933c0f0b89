package dev.pipelinetracker.replay;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;

/** A whole topic: by partition the log's start and its end, frozen. */
public record TopicRanges(Map<Integer, Long> starts, Map<Integer, Long> ends) {

    /** Asks the broker; throws RefusedException if it has no such topic, FailedException if it does not answer. */
    public static TopicRanges of(Admin admin, String topic) {
        Map<Integer, Long> starts = new TreeMap<>();
        Map<Integer, Long> ends = new TreeMap<>();
        Selection all = new Selection(null, null, List.of(), List.of(), Set.of(), Map.of());
        new Planner(admin).plan("", topic, all).ranges().forEach(range -> {
            starts.put(range.partition(), range.first());
            ends.put(range.partition(), range.end());
        });
        return new TopicRanges(starts, ends);
    }

    /** Whether the log has that offset. */
    public boolean holds(int partition, long offset) {
        Long start = starts.get(partition);
        Long end = ends.get(partition);
        return start != null && end != null && offset >= start && offset < end;
    }
}

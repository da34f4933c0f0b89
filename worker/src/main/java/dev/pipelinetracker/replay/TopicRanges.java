package dev.pipelinetracker.replay;

import java.util.Map;
import org.apache.kafka.clients.admin.Admin;

/**
 * A whole topic.
 *
 * @param topicId the broker's: a topic that was deleted and made again has another, and other records at the same offsets
 * @param starts of the log, by partition
 * @param ends by partition, frozen
 */
public record TopicRanges(String topicId, Map<Integer, Long> starts, Map<Integer, Long> ends) {

    /** Asks the broker; throws RefusedException if it has no such topic, FailedException if it does not answer. */
    public static TopicRanges of(Admin admin, String topic) {
        Plan plan = new Planner(admin).plan("", topic, Selection.all());
        return new TopicRanges(plan.topicId(), plan.next(), plan.ends());
    }

    /** Whether the log has that offset. */
    public boolean holds(int partition, long offset) {
        Long start = starts.get(partition);
        Long end = ends.get(partition);
        return start != null && end != null && offset >= start && offset < end;
    }
}

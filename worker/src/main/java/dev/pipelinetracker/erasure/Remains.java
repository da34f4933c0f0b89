package dev.pipelinetracker.erasure;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What Kafka, which deletes no single record, keeps of an organization in a topic.
 *
 * @param records of it; null where they were not counted, in the live topics
 */
record Remains(String topic, @Nullable Long records, HowLong howLong) {

    /** For machines. */
    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("topic", topic);
        map.put("records", records);
        map.put("longest_seconds", howLong.longestSeconds());
        return map;
    }

    @Override
    public String toString() {
        return "  %s: %s, %s"
                .formatted(
                        topic,
                        records == null ? "the events that it published" : "%,d dead letters".formatted(records),
                        howLong);
    }
}

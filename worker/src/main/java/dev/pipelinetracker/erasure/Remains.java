package dev.pipelinetracker.erasure;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What Kafka, which deletes no single record, keeps of an organization in a topic.
 *
 * @param records of it; null where they were not counted, in the live topics
 * @param retention how long after its writing a record goes; null for never
 */
record Remains(
        String topic, @Nullable Long records, @Nullable Duration retention) {

    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("topic", topic);
        map.put("records", records);
        map.put("retention_ms", retention == null ? -1 : retention.toMillis());
        return map;
    }

    @Override
    public String toString() {
        String what = records == null ? "the events that it published" : "%,d dead letters".formatted(records);
        String until = retention == null
                ? "for ever: the topic has no retention by time. Set retention.ms, or delete its records"
                : "each until %s after it was written".formatted(text(retention));
        return "  %s: %s, %s".formatted(topic, what, until);
    }

    private static String text(Duration time) {
        if (time.toDays() > 0) {
            return "%d d".formatted(time.toDays())
                    + (time.toHoursPart() > 0 ? " %d h".formatted(time.toHoursPart()) : "");
        }
        return time.toHours() > 0 ? "%d h".formatted(time.toHours()) : "%d s".formatted(time.toSeconds());
    }
}

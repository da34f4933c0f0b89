package dev.pipelinetracker.erasure;

import java.time.Duration;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/** How long after its writing a topic's record is gone for certain. */
sealed interface HowLong {

    /** After that: its segment is open for segment.ms at most, and kept for retention.ms from its last record on. */
    record AtMost(Duration time) implements HowLong {

        @Override
        public String toString() {
            String text = time.toDays() > 0
                    ? "%d d".formatted(time.toDays())
                            + (time.toHoursPart() > 0 ? " %d h".formatted(time.toHoursPart()) : "")
                    : time.toHours() > 0 ? "%d h".formatted(time.toHours()) : "%d s".formatted(time.toSeconds());
            return "each for at most %s after it was written (retention.ms + segment.ms)".formatted(text);
        }
    }

    /** The topic has no retention by time. */
    record ForEver() implements HowLong {

        @Override
        public String toString() {
            return "for ever: the topic has no retention by time. Set retention.ms, or delete its records";
        }
    }

    /** The broker does not say. */
    record Unknown() implements HowLong {

        @Override
        public String toString() {
            return "how long is not known: the broker does not tell retention.ms and segment.ms";
        }
    }

    /** By a topic's configuration, as far as the broker told it. */
    static HowLong of(Config topic) {
        String policy = value(topic, TopicConfig.CLEANUP_POLICY_CONFIG);
        if (policy != null && !policy.contains(TopicConfig.CLEANUP_POLICY_DELETE)) {
            return new ForEver();
        }
        String retention = value(topic, TopicConfig.RETENTION_MS_CONFIG);
        if (retention == null) {
            return new Unknown();
        }
        long millis = Long.parseLong(retention);
        if (millis < 0) {
            return new ForEver();
        }
        String segment = value(topic, TopicConfig.SEGMENT_MS_CONFIG);
        return segment == null
                ? new Unknown()
                : new AtMost(Duration.ofMillis(millis).plusMillis(Long.parseLong(segment)));
    }

    /** For machines: -1 for ever, null if it is not known. */
    default @Nullable Long longestSeconds() {
        if (this instanceof AtMost atMost) {
            return atMost.time().toSeconds();
        }
        return this instanceof ForEver ? -1L : null;
    }

    private static @Nullable String value(Config topic, String name) {
        ConfigEntry entry = topic.get(name);
        return entry == null ? null : entry.value();
    }
}

package dev.pipelinetracker.listen;

import java.util.Locale;
import org.apache.kafka.common.TopicPartition;

/**
 * Offsets that this feed's group can no longer process, or of which it cannot know whether it has.
 *
 * @param to the first offset that is no longer of the gap
 */
record Gap(TopicPartition partition, long from, long to, Why why) {

    /** How a gap came to be. */
    enum Why {
        /** The log starts behind the group's offset: retention was shorter than the lag. */
        DELETED("deleted before they were processed"),
        /**
         * The group has no offset, and the log's first records are gone: Kafka forgot the offset, or the group is new to an
         * old topic. At most these are missing.
         */
        NO_OFFSET("deleted, and the group has no offset that tells whether they were processed"),
        /** The log ends before the group's offset: the topic was made anew, or its end was lost. */
        LOG_SHORTENED("gone from the end of the log, as of a topic that was made anew");

        private final String text;

        Why(String text) {
            this.text = text;
        }

        /** As in {@code tracker.offset_gaps}. */
        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    long offsets() {
        return to - from;
    }

    /** For people, without the feed. */
    @Override
    public String toString() {
        return "%d offsets of %s, from %d to %d, are %s; going on at the log's start"
                .formatted(offsets(), partition, from, to - 1, why.text);
    }
}

package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.replay.Operator;
import java.util.Set;

/** Letters that stay open, since they have become too large to be sent on: counts them, and tells the operator what to do. */
final class TooLarge {

    private final String topic;
    private final Operator operator;
    private int letters;

    /** Of that dead-letter topic. */
    TooLarge(String topic, Operator operator) {
        this.topic = topic;
        this.operator = operator;
    }

    /** Call it once their batch is committed: before, they may be found again. */
    void found(Set<Place> places) {
        if (places.isEmpty()) {
            return;
        }
        letters += places.size();
        operator.say(
                "%,d letters stay open, too large to be sent on with their new headers: %s. Raise max.message.bytes of %s and of its .parked, or spring.kafka.producer.properties.max.request.size, then try again."
                        .formatted(places.size(), places, topic));
    }

    /** So many so far. */
    int letters() {
        return letters;
    }

    /** To be put behind a number of letters; empty if there are none. */
    @Override
    public String toString() {
        return letters == 0 ? "" : "; %,d stay open, too large to be sent on".formatted(letters);
    }
}

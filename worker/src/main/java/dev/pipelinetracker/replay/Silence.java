package dev.pipelinetracker.replay;

import java.time.Duration;

/** Tells the operator while a broker sends nothing, and gives up after a while. */
final class Silence {

    private static final Duration TELL_AFTER = Duration.ofSeconds(10);
    private static final Duration TELL_EVERY = Duration.ofSeconds(30);
    private static final Duration LONGEST = Duration.ofMinutes(3);

    private final Operator operator;
    private final String topic;
    private final Duration tellAfter;
    private final Duration longest;
    private long since = System.nanoTime();
    private long nextTelling;

    /** Of who sends that topic. */
    Silence(Operator operator, String topic) {
        this(operator, topic, TELL_AFTER, LONGEST);
    }

    Silence(Operator operator, String topic, Duration tellAfter, Duration longest) {
        this.operator = operator;
        this.topic = topic;
        this.tellAfter = tellAfter;
        this.longest = longest;
        this.nextTelling = since + tellAfter.toNanos();
    }

    /** To be called after each attempt to hear something; throws FailedException if it was silent for too long. */
    void heard(boolean something) {
        long now = System.nanoTime();
        if (something) {
            since = now;
            nextTelling = now + tellAfter.toNanos();
            return;
        }
        Duration silent = Duration.ofNanos(now - since);
        if (silent.compareTo(longest) >= 0) {
            throw new FailedException(
                    "the broker has sent nothing of topic %s for %d s. Check that it is up and what spring.kafka.* says, then try again."
                            .formatted(topic, silent.toSeconds()));
        }
        if (now - nextTelling >= 0) {
            operator.say("the broker has sent nothing of topic %s for %d s: waiting, %d s at most"
                    .formatted(topic, silent.toSeconds(), longest.toSeconds()));
            nextTelling = now + TELL_EVERY.toNanos();
        }
    }
}

package dev.pipelinetracker.listen;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;

/**
 * Which partitions the broker did not answer for. Each rests for long, so that one without a leader does not keep the
 * others from asking; and all rest for a moment, so that a broker that is away costs one time-out at a time.
 */
final class Unanswered {

    private static final Duration OWN_REST = Duration.ofSeconds(10);

    // less than partitions wait between two askings
    private static final Duration REST_OF_ALL = Duration.ofMillis(500);

    private final Map<TopicPartition, Long> restsUntil = new ConcurrentHashMap<>();
    private volatile long allRestUntil = Long.MIN_VALUE;

    /** Whether it is that partition's turn. */
    boolean mayAsk(TopicPartition partition, long now) {
        return now >= allRestUntil && now >= restsUntil.getOrDefault(partition, Long.MIN_VALUE);
    }

    /** The broker did not answer, and was waited for until now. */
    void unanswered(TopicPartition partition, long now) {
        allRestUntil = now + REST_OF_ALL.toMillis();
        restsUntil.put(partition, now + OWN_REST.toMillis());
    }
}

package dev.pipelinetracker.listen;

import dev.pipelinetracker.listen.Listening.LiveFeed;
import dev.pipelinetracker.listen.Listening.LiveFeeds;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * DOWN when a consumer's thread has died, or hangs: records are there, and yet none was as much as tried for longer than
 * any batch may take. Only a restart helps then. Part of liveness.
 */
final class ConsumersHealth implements HealthIndicator {

    /** The default of max.poll.interval.ms. */
    static final Duration LONGEST_BATCH = Duration.ofMinutes(5);

    private final FeedListeners listeners;
    private final LiveFeeds feeds;
    private final Duration longestBatch;

    /**
     * Of those listeners and feeds.
     *
     * @param longestBatch max.poll.interval.ms: a consumer whose batch takes longer has lost its partitions anyway, and one
     *     that waits for something tries again many times in between
     */
    ConsumersHealth(FeedListeners listeners, LiveFeeds feeds, Duration longestBatch) {
        this.longestBatch = longestBatch;
        this.listeners = listeners;
        this.feeds = feeds;
    }

    @Override
    public Health health() {
        if (!listeners.isListening()) {
            return Health.up().build();
        }
        List<String> dead = feeds.all().stream()
                .filter(feed -> !feed.container().isInExpectedState())
                .map(LiveFeed::name)
                .toList();
        List<TopicPartition> stuck = feeds.all().stream()
                .flatMap(feed -> feed.progress().stuck(longestBatch).stream())
                .toList();
        if (dead.isEmpty() && stuck.isEmpty()) {
            return Health.up().build();
        }
        return Health.down()
                .withDetail("dead", dead)
                .withDetail("stuck", stuck.toString())
                .build();
    }
}

package dev.pipelinetracker.listen;

import dev.pipelinetracker.listen.Listening.LiveFeed;
import dev.pipelinetracker.listen.Listening.LiveFeeds;
import java.util.List;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** DOWN when a consumer's thread has died: only a restart brings it back. Part of liveness. */
final class ConsumersHealth implements HealthIndicator {

    private final FeedListeners listeners;
    private final LiveFeeds feeds;

    ConsumersHealth(FeedListeners listeners, LiveFeeds feeds) {
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
        return dead.isEmpty()
                ? Health.up().build()
                : Health.down().withDetail("dead", dead).build();
    }
}

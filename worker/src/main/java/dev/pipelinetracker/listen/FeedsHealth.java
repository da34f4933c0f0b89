package dev.pipelinetracker.listen;

import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** DOWN while a feed waits for something, with what it waits for; or while the database is still awaited. */
final class FeedsHealth implements HealthIndicator {

    private final FeedListeners listeners;
    private final Map<String, Progress> feeds;

    FeedsHealth(FeedListeners listeners, Map<String, Progress> feeds) {
        this.listeners = listeners;
        this.feeds = feeds;
    }

    @Override
    public Health health() {
        if (!listeners.isListening()) {
            return Health.down().withDetail("listeners", "waiting for the database").build();
        }
        Health.Builder health = Health.up();
        feeds.forEach((feed, progress) -> progress.waitsFor()
                .ifPresentOrElse(
                        cause -> health.down().withDetail(feed, "waits: " + cause.label()),
                        () -> health.withDetail(feed, "consuming")));
        return health.build();
    }
}

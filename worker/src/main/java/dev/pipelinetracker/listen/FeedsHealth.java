package dev.pipelinetracker.listen;

import dev.pipelinetracker.listen.Listening.LiveFeeds;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** DOWN while a feed waits for something, with what it waits for; or while the database is still awaited. */
final class FeedsHealth implements HealthIndicator {

    private final FeedListeners listeners;
    private final LiveFeeds feeds;

    FeedsHealth(FeedListeners listeners, LiveFeeds feeds) {
        this.listeners = listeners;
        this.feeds = feeds;
    }

    @Override
    public Health health() {
        if (!listeners.isListening()) {
            return Health.down()
                    .withDetail("listeners", "waiting for the database")
                    .build();
        }
        Health.Builder health = Health.up();
        feeds.all()
                .forEach(feed -> feed.progress()
                        .waitsFor()
                        .ifPresentOrElse(
                                cause -> health.down().withDetail(feed.name(), "waits: " + cause.label()),
                                () -> health.withDetail(feed.name(), "consuming")));
        return health.build();
    }
}

package dev.pipelinetracker.engine;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What is configured per feed, by the feed's name: {@code tracker.feeds.<feed>.topic} and {@code .concurrency}. In an
 * environment variable, where no dash can stand, it is left out: {@code TRACKER_FEEDS_PIPELINERUNS_TOPIC}.
 */
@ConfigurationProperties("tracker")
public record FeedSettings(@DefaultValue Map<String, FeedSetting> feeds) {

    private static final String TOPIC_PREFIX = "etl.";
    private static final int CONCURRENCY = 2;

    /**
     * One feed's; null for the default.
     *
     * @param concurrency consumers, each with a thread and a connection of its own, 1 or more
     */
    public record FeedSetting(
            @Nullable String topic, @Nullable Integer concurrency) {

        /** Throws IllegalArgumentException for a concurrency below 1. */
        public FeedSetting {
            if (concurrency != null && concurrency < 1) {
                throw new IllegalArgumentException("concurrency must be 1 or more, not " + concurrency);
            }
        }
    }

    /** The feed's topic, by default {@code etl.<feed>}. */
    public String topic(Feed<?, ?> feed) {
        return settings(feed)
                .map(FeedSetting::topic)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(TOPIC_PREFIX + feed.name());
    }

    /** How many consumers of the feed this worker runs, by default 2; more than partitions stay idle. */
    public int concurrency(Feed<?, ?> feed) {
        return settings(feed)
                .map(FeedSetting::concurrency)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(CONCURRENCY);
    }

    /** The first name in the configuration that is no feed's. */
    Optional<String> unknownFeed(Iterable<? extends Feed<?, ?>> known) {
        return feeds.keySet().stream()
                .filter(name -> {
                    for (Feed<?, ?> feed : known) {
                        if (canonical(feed.name()).equals(canonical(name))) {
                            return false;
                        }
                    }
                    return true;
                })
                .findFirst();
    }

    private Stream<FeedSetting> settings(Feed<?, ?> feed) {
        return feeds.entrySet().stream()
                .filter(entry -> canonical(entry.getKey()).equals(canonical(feed.name())))
                .map(Map.Entry::getValue);
    }

    private static String canonical(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }
}

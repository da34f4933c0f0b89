package dev.pipelinetracker.listen;

import dev.pipelinetracker.database.Migrations;
import dev.pipelinetracker.engine.FeedMeters;
import dev.pipelinetracker.engine.FeedSettings;
import dev.pipelinetracker.engine.Processor;
import dev.pipelinetracker.engine.Processors;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.ContainerProperties.AckMode;

/**
 * What {@code serve} adds to the worker: a container per feed. Not found by the component scan: other commands share the
 * engine and must not consume.
 */
public class Listening {

    /** Prefix of the consumer groups: {@code pipeline-tracker.<feed>}. */
    public static final String GROUP_PREFIX = "pipeline-tracker.";

    // SIGTERM lets the batch in hand end; less than spring.lifecycle.timeout-per-shutdown-phase
    private static final Duration LONGEST_STOP = Duration.ofSeconds(25);

    // a back-off ends, and a stop is noticed, only between two polls; records end a poll at once
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration AUTH_RETRY = Duration.ofSeconds(10);
    private static final int REFUSED = 3;

    /** A feed that is being consumed. */
    record LiveFeed(
            String name,
            Progress progress,
            FeedMeters meters,
            ConcurrentMessageListenerContainer<byte[], byte[]> container) {}

    /** All of them. */
    record LiveFeeds(List<LiveFeed> all) {}

    @Bean
    LiveFeeds liveFeeds(Processors processors, FeedSettings settings, ConsumerFactory<byte[], byte[]> consumers) {
        return new LiveFeeds(processors.all().stream()
                .map(processor -> live(processor, settings, consumers))
                .toList());
    }

    @Bean
    FeedListeners feedListeners(LiveFeeds feeds, DataSource database, ApplicationContext context) {
        return new FeedListeners(
                new Migrations(database), feeds, () -> System.exit(SpringApplication.exit(context, () -> REFUSED)));
    }

    @Bean(destroyMethod = "close")
    Admin admin(KafkaAdmin admin) {
        return Admin.create(admin.getConfigurationProperties());
    }

    @Bean
    LogBounds logBounds(Admin admin, LiveFeeds feeds) {
        return new LogBounds(admin, feeds);
    }

    @Bean
    FeedsHealth feedsHealthIndicator(FeedListeners listeners, LiveFeeds feeds) {
        return new FeedsHealth(listeners, feeds);
    }

    @Bean
    ConsumersHealth consumersHealthIndicator(FeedListeners listeners, LiveFeeds feeds) {
        return new ConsumersHealth(listeners, feeds);
    }

    private static LiveFeed live(
            Processor<?, ?> processor, FeedSettings settings, ConsumerFactory<byte[], byte[]> consumers) {
        String name = processor.feed().name();
        Progress progress = new Progress(InstantSource.system());
        ContainerProperties properties = new ContainerProperties(settings.topic(processor.feed()));
        properties.setGroupId(GROUP_PREFIX + name);
        properties.setAckMode(AckMode.MANUAL);
        properties.setMessageListener(new FeedListener(processor, progress));
        properties.setConsumerRebalanceListener(progress);
        properties.setShutdownTimeout(LONGEST_STOP.toMillis());
        properties.setPollTimeout(POLL.toMillis());
        properties.setAuthExceptionRetryInterval(AUTH_RETRY);
        ConcurrentMessageListenerContainer<byte[], byte[]> container =
                new ConcurrentMessageListenerContainer<>(consumers, properties);
        container.setBeanName(name);
        container.setConcurrency(settings.concurrency(processor.feed()));
        processor
                .meters()
                .live(
                        progress,
                        Progress::lagRecords,
                        Progress::lagSeconds,
                        waiting -> waiting.waitsFor().isPresent() ? 1 : 0);
        return new LiveFeed(name, progress, processor.meters(), container);
    }
}

package dev.pipelinetracker.listen;

import dev.pipelinetracker.database.Migrations;
import dev.pipelinetracker.engine.FeedSettings;
import dev.pipelinetracker.engine.Processor;
import dev.pipelinetracker.engine.Processors;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.IsolationLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.kafka.autoconfigure.DefaultKafkaConsumerFactoryCustomizer;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.event.KafkaEvent;
import org.springframework.kafka.event.ListenerContainerPartitionIdleEvent;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.ContainerProperties.AckMode;
import org.springframework.kafka.listener.ContainerProperties.AssignmentCommitOption;

/**
 * What {@code serve} adds to the worker: a container per feed. Not found by the component scan: other commands share the
 * engine and must not consume.
 */
public class Listening {

    private static final Logger log = LoggerFactory.getLogger(Listening.class);

    /** Prefix of the consumer groups: {@code pipeline-tracker.<feed>}. */
    public static final String GROUP_PREFIX = "pipeline-tracker.";

    // a stop is noticed only between two polls; records end a poll at once
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration IDLE = Duration.ofSeconds(1);
    private static final Duration AUTH_RETRY = Duration.ofSeconds(10);
    private static final int REFUSED = 3;

    /** A feed that is being consumed. */
    record LiveFeed(
            String name, Progress progress, Gaps gaps, ConcurrentMessageListenerContainer<byte[], byte[]> container) {}

    /** All of them. */
    record LiveFeeds(List<LiveFeed> all) {}

    @Bean
    CountDownLatch stopping() {
        return new CountDownLatch(1);
    }

    @Bean(destroyMethod = "close")
    Refusals refusals() {
        return new Refusals();
    }

    @Bean
    LiveFeeds liveFeeds(
            Processors processors,
            FeedSettings settings,
            ConsumerFactory<byte[], byte[]> consumers,
            DataSource database,
            CountDownLatch stopping,
            Refusals refusals,
            LogBounds bounds,
            @Value("${tracker.lag-interval:2s}") Duration looks) {
        return new LiveFeeds(processors.all().stream()
                .map(processor -> live(processor, settings, consumers, database, stopping, refusals, bounds, looks))
                .toList());
    }

    /**
     * A consumer that finds its offset gone while it runs goes to the log's start, whatever is configured: latest would
     * skip what is still there, before anybody looked.
     */
    @Bean
    DefaultKafkaConsumerFactoryCustomizer neverLatest() {
        return consumers -> consumers.updateConfigs(Map.of(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"));
    }

    /** With KIP-848's protocol the broker decides these, and the client refuses them. */
    @Bean
    DefaultKafkaConsumerFactoryCustomizer brokersOwnSettings() {
        return consumers -> {
            Object protocol = consumers.getConfigurationProperties().get(ConsumerConfig.GROUP_PROTOCOL_CONFIG);
            if ("consumer".equalsIgnoreCase(String.valueOf(protocol))) {
                consumers.removeConfig(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG);
                consumers.removeConfig(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG);
                consumers.removeConfig(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG);
            }
        };
    }

    @Bean
    FeedListeners feedListeners(
            LiveFeeds feeds, DataSource database, CountDownLatch stopping, ApplicationContext context) {
        return new FeedListeners(
                new Migrations(database),
                feeds,
                stopping,
                () -> System.exit(SpringApplication.exit(context, () -> REFUSED)));
    }

    /**
     * With the consumers' settings: what they may read, it may ask about. Only what is a consumer's alone is left out: settings of
     * plugged-in classes, such as those of {@code spring.kafka.ssl.bundle}, are known to nobody but these.
     */
    @Bean
    LogBounds logBounds(ConsumerFactory<byte[], byte[]> consumers) {
        return new LogBounds(Admin.create(adminSettings(consumers.getConfigurationProperties())));
    }

    static Map<String, Object> adminSettings(Map<String, Object> consumers) {
        Map<String, Object> settings = new HashMap<>(consumers);
        Set<String> ofConsumers = new HashSet<>(ConsumerConfig.configNames());
        ofConsumers.removeAll(AdminClientConfig.configNames());
        settings.keySet().removeAll(ofConsumers);
        // each question has a shorter time-out of its own, and an admin client refuses one below request.timeout.ms
        settings.remove(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG);
        return settings;
    }

    @Bean
    WatchLogs watchLogs(LogBounds bounds, LiveFeeds feeds) {
        return new WatchLogs(bounds, feeds);
    }

    @Bean
    FeedsHealth feedsHealthIndicator(FeedListeners listeners, LiveFeeds feeds) {
        return new FeedsHealth(listeners, feeds);
    }

    @Bean
    ConsumersHealth consumersHealthIndicator(
            FeedListeners listeners, LiveFeeds feeds, ConsumerFactory<byte[], byte[]> consumers) {
        Object longest = consumers.getConfigurationProperties().get(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG);
        return new ConsumersHealth(
                listeners,
                feeds,
                longest == null
                        ? ConsumersHealth.LONGEST_BATCH
                        : Duration.ofMillis(Long.parseLong(String.valueOf(longest))));
    }

    private static LiveFeed live(
            Processor<?, ?> processor,
            FeedSettings settings,
            ConsumerFactory<byte[], byte[]> consumers,
            DataSource database,
            CountDownLatch stopping,
            Refusals refusals,
            LogBounds bounds,
            Duration looks) {
        String name = processor.feed().name();
        Gaps gaps = new Gaps(name, processor.meters()::lost, database);
        Places places = new Places(
                InstantSource.system(),
                looks,
                (partitions, which) -> bounds.ask(partitions, which, IsolationLevel.READ_UNCOMMITTED),
                gaps::found,
                processor::forget);
        Progress progress = new Progress(InstantSource.system(), places);
        WaitLog waits = new WaitLog(InstantSource.system());
        ContainerProperties properties = new ContainerProperties(settings.topic(processor.feed()));
        properties.setGroupId(GROUP_PREFIX + name);
        properties.setAckMode(AckMode.MANUAL);
        properties.setMessageListener(new FeedListener(processor, places, progress, gaps, waits, stopping));
        properties.setConsumerRebalanceListener(places);
        // it would commit the log's end, for a group that has no offset and a reset to latest, before we see that it
        // has none
        properties.setAssignmentCommitOption(AssignmentCommitOption.NEVER);
        properties.setIdlePartitionEventInterval(IDLE.toMillis());
        properties.setPollTimeout(POLL.toMillis());
        properties.setAuthExceptionRetryInterval(AUTH_RETRY);
        ConcurrentMessageListenerContainer<byte[], byte[]> container =
                new ConcurrentMessageListenerContainer<>(consumers, properties);
        container.setBeanName(name);
        container.setCommonErrorHandler(new RedeliverAll(name, waits));
        container.setApplicationEventPublisher(event -> {
            if (event instanceof ListenerContainerPartitionIdleEvent idle) {
                // published on the consumer's own thread
                if (places.idle(idle.getTopicPartition(), idle.getConsumer())
                        && progress.waitsFor().isEmpty()) {
                    waits.tellOver(log, name);
                }
                places.commitBehindGap(idle.getTopicPartition(), idle.getConsumer(), gaps::areRecorded);
            } else if (event instanceof KafkaEvent other) {
                refusals.heard(other, name, progress, waits);
            }
        });
        container.setConcurrency(settings.concurrency(processor.feed()));
        processor
                .meters()
                .live(progress, Progress::lagRecords, Progress::lagSeconds, waiting -> waiting.isPaused() ? 1 : 0);
        return new LiveFeed(name, progress, gaps, container);
    }
}

package dev.pipelinetracker.publish;

import dev.pipelinetracker.wire.SchemaRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * How to publish. Immutable; each {@code with} gives a changed copy.
 *
 * @param kafka Kafka's own producer settings, security included, passed on as they are. {@code acks=all}, idempotence and the
 *     key's serializer are the publisher's and cannot be set otherwise. With a {@code value.serializer} of your own, such as
 *     Confluent's, it is that one that gets the event, and its own settings say where the registry is.
 * @param registry where schema ids come from; null only with a {@code value.serializer} of your own
 * @param topics topics of feeds that do not go to {@link EventFeed#defaultTopic}
 * @param onFailure what an event that could not be published means to the job
 * @param maxBlock longest that {@code publish} waits for room in the buffer; once it has waited in vain it waits no more
 *     until an event is delivered
 * @param bufferBytes bound of the events, encoded, that are accepted and not yet settled
 * @param closeTimeout longest that {@code close} waits for events under way
 * @param progressInterval shortest time between two progress events of a run
 */
public record PublisherSettings(
        Map<String, Object> kafka,
        @Nullable SchemaRegistry registry,
        Map<EventFeed, String> topics,
        OnFailure onFailure,
        Duration maxBlock,
        long bufferBytes,
        Duration closeTimeout,
        Duration progressInterval) {

    /** Longest that an event may take where Kafka's {@code delivery.timeout.ms} does not say otherwise: Kafka's default. */
    public static final Duration DELIVERY_TIMEOUT = Duration.ofMinutes(2);

    private static final long BUFFER_BYTES = 32L * 1024 * 1024;

    /** @throws IllegalArgumentException if a setting contradicts what the publisher promises */
    public PublisherSettings {
        kafka = Map.copyOf(kafka);
        topics = Map.copyOf(topics);
        require(kafka, ProducerConfig.ACKS_CONFIG, "all", "-1");
        require(kafka, ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        if (kafka.containsKey(ProducerConfig.TRANSACTIONAL_ID_CONFIG)) {
            throw new IllegalArgumentException(ProducerConfig.TRANSACTIONAL_ID_CONFIG + " is not supported");
        }
        if (registry == null && !kafka.containsKey(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG)) {
            throw new IllegalArgumentException("A registry or a value.serializer of your own is needed");
        }
        if (bufferBytes < 1) {
            throw new IllegalArgumentException("bufferBytes must be 1 or more");
        }
    }

    /**
     * 5 s at most to wait for room in a buffer of 32 MiB, 30 s to close, a progress event per second and run; failures are
     * logged.
     *
     * @param bootstrapServers {@code host:port,host:port}
     */
    public static PublisherSettings of(String bootstrapServers, @Nullable SchemaRegistry registry) {
        return of(Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers), registry);
    }

    /**
     * The same with Kafka's producer settings.
     *
     * @param registry null only with a {@code value.serializer} among the settings
     */
    public static PublisherSettings of(Map<String, Object> kafka, @Nullable SchemaRegistry registry) {
        return new PublisherSettings(
                kafka,
                registry,
                Map.of(),
                OnFailure.LOG,
                Duration.ofSeconds(5),
                BUFFER_BYTES,
                Duration.ofSeconds(30),
                Duration.ofSeconds(1));
    }

    /** The same with another topic for a feed. */
    public PublisherSettings withTopic(EventFeed feed, String topic) {
        Map<EventFeed, String> changed = new HashMap<>(topics);
        changed.put(feed, topic);
        return new PublisherSettings(
                kafka, registry, changed, onFailure, maxBlock, bufferBytes, closeTimeout, progressInterval);
    }

    /** The same with another policy. */
    public PublisherSettings withOnFailure(OnFailure policy) {
        return new PublisherSettings(
                kafka, registry, topics, policy, maxBlock, bufferBytes, closeTimeout, progressInterval);
    }

    /** The same with other bounds of waiting: for room, and at the end. */
    public PublisherSettings withTimeouts(Duration block, Duration close) {
        return new PublisherSettings(kafka, registry, topics, onFailure, block, bufferBytes, close, progressInterval);
    }

    /** The same with another bound of memory. */
    public PublisherSettings withBufferBytes(long bytes) {
        return new PublisherSettings(
                kafka, registry, topics, onFailure, maxBlock, bytes, closeTimeout, progressInterval);
    }

    /** The same with another shortest time between progress events. */
    public PublisherSettings withProgressInterval(Duration interval) {
        return new PublisherSettings(kafka, registry, topics, onFailure, maxBlock, bufferBytes, closeTimeout, interval);
    }

    String topic(EventFeed feed) {
        return topics.getOrDefault(feed, feed.defaultTopic());
    }

    /**
     * Longest that an event may take, from its acceptance on: Kafka's setting or its default.
     *
     * @throws ConfigException if the setting is no number
     */
    Duration deliveryTimeout() {
        String name = ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG;
        Object millis = kafka.get(name);
        return millis == null
                ? DELIVERY_TIMEOUT
                : Duration.ofMillis((Integer) ConfigDef.parseType(name, millis.toString(), ConfigDef.Type.INT));
    }

    boolean hasOwnSerializer() {
        return kafka.containsKey(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG);
    }

    /** Without Kafka's settings, which may hold passwords. */
    @Override
    public String toString() {
        return "PublisherSettings[" + kafka.get(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG) + ", " + topics + ", "
                + onFailure + "]";
    }

    private static void require(Map<String, Object> kafka, String name, String... allowed) {
        Object value = kafka.get(name);
        if (value != null && !java.util.List.of(allowed).contains(value.toString())) {
            throw new IllegalArgumentException(name + " must be " + allowed[0] + ": delivery is confirmed or failed");
        }
    }
}

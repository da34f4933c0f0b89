package dev.pipelinetracker.support;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.test.EmbeddedKafkaKraftBroker;

/**
 * The tests' Kafka broker: one per JVM, started when it is first asked for, stopped when the JVM ends. Tests share it, so
 * each makes topics and groups of names that no other uses. The system property {@code tracker.test.kafka.bootstrap} puts a
 * broker that runs elsewhere in its place. What the broker does not do within 30 seconds ends in an {@link
 * IllegalStateException}.
 */
public final class RealBroker {

    /** How long the topics made here keep their records. */
    private static final Duration RETENTION = Duration.ofDays(3650);

    private static final int TIMEOUT_SECONDS = 30;

    private RealBroker() {}

    /** Where clients connect. */
    public static String bootstrapServers() {
        return Running.BOOTSTRAP_SERVERS;
    }

    /** Makes topics, each of so many partitions, one copy each. */
    public static void createTopics(int partitions, String... topics) {
        List<NewTopic> wanted = new ArrayList<>();
        for (String topic : topics) {
            // many tests' events are of 2026-11-01 or older: the broker, which looks now and then, would delete them
            wanted.add(new NewTopic(topic, partitions, (short) 1)
                    .configs(Map.of("retention.ms", Long.toString(RETENTION.toMillis()))));
        }
        try (Admin admin = admin()) {
            await(admin.createTopics(wanted).all());
        }
    }

    /** Deletes topics with all they hold. */
    public static void deleteTopics(String... topics) {
        try (Admin admin = admin()) {
            await(admin.deleteTopics(List.of(topics)).all());
        }
    }

    /** An admin client, the caller's to close. */
    public static Admin admin() {
        return Admin.create(Map.<String, Object>of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers()));
    }

    /**
     * Sends one record and waits until the broker has it.
     *
     * @param headers in the order they shall have
     * @return where it went
     */
    public static RecordMetadata send(String topic, byte @Nullable [] key, byte @Nullable [] value, Header... headers) {
        return sendAll(List.of(new ProducerRecord<>(topic, null, key, value, List.of(headers))))
                .get(0);
    }

    /**
     * Sends records in the order given and waits until the broker has all of them.
     *
     * @return where each went
     */
    public static List<RecordMetadata> sendAll(List<ProducerRecord<byte[], byte[]>> records) {
        var sent = records.stream().map(record -> Running.PRODUCER.send(record)).toList();
        Running.PRODUCER.flush();
        List<RecordMetadata> places = new ArrayList<>();
        for (var place : sent) {
            try {
                places.add(place.get(TIMEOUT_SECONDS, TimeUnit.SECONDS));
            } catch (ExecutionException | TimeoutException e) {
                throw new IllegalStateException("A record was not sent", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("Interrupted while sending", e);
            }
        }
        return places;
    }

    /** All records that a topic holds at the moment of the call, each partition's in the order of offsets. */
    public static List<ConsumerRecord<byte[], byte[]>> readAll(String topic) {
        Map<String, Object> settings = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers(),
                ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class,
                ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings)) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
            // By position, not by count: markers of transactions and compaction leave gaps.
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("Could not read " + topic + " to its end");
                }
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
            return records;
        }
    }

    private static void await(KafkaFuture<Void> done) {
        try {
            done.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("The broker did not do it", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    private static final class Running {

        static final String BOOTSTRAP_SERVERS = bootstrapServers();

        static final KafkaProducer<byte[], byte[]> PRODUCER = producer();

        private static String bootstrapServers() {
            String elsewhere = System.getProperty("tracker.test.kafka.bootstrap");
            return elsewhere != null ? elsewhere : startBroker();
        }

        private static String startBroker() {
            EmbeddedKafkaKraftBroker broker = new EmbeddedKafkaKraftBroker(1, 1);
            broker.brokerProperties(Map.of(
                    "auto.create.topics.enable", "false",
                    // 50 partitions by default: seconds at the first group, for nothing.
                    "offsets.topic.num.partitions", "3",
                    "transaction.state.log.replication.factor", "1",
                    "transaction.state.log.min.isr", "1",
                    "share.coordinator.state.topic.replication.factor", "1",
                    "share.coordinator.state.topic.min.isr", "1"));
            // By default it would steer every Spring context of this JVM, told or not.
            broker.brokerListProperty("tracker.test.kafka.embedded");
            broker.afterPropertiesSet();
            Runtime.getRuntime().addShutdownHook(new Thread(broker::destroy, "stop-real-broker"));
            return broker.getBrokersAsString();
        }

        private static KafkaProducer<byte[], byte[]> producer() {
            Map<String, Object> settings = new HashMap<>();
            settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, BOOTSTRAP_SERVERS);
            settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
            settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
            KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings);
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(() -> producer.close(Duration.ZERO), "stop-real-broker-producer"));
            return producer;
        }
    }
}

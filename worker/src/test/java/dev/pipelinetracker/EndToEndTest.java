package dev.pipelinetracker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.support.RunningWorker;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The worker whole, with no more rights than it needs, on a real broker, a real PostgreSQL and a registry that speaks Confluent's protocol. */
@TestInstance(Lifecycle.PER_CLASS)
class EndToEndTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = RealPostgres.freshDatabase();
    private final UUID organization = database.organization("End to end");
    private RunningWorker worker;

    @BeforeAll
    void start() {
        // Confluent's serializer finds our classes by the schema's name, which Avro forbids by default; the worker does
        // not
        ClassSecurityValidator.setGlobal(ClassSecurityValidator.composite(
                ClassSecurityValidator.DEFAULT,
                type -> type.getPackageName().equals(PipelineRun.class.getPackageName())));
        worker = RunningWorker.start(RunningWorker.createTopics(3), database.forLeastPrivilegedWorker());
    }

    @AfterAll
    void stop() {
        ClassSecurityValidator.setGlobal(ClassSecurityValidator.DEFAULT);
        worker.close();
    }

    @Test
    void whatConfluentsOwnSerializerPublishesBecomesRows() throws Exception {
        UUID owner = database.organization("Confluent's");
        send("pipeline-runs", owner, byConfluent("pipeline-runs", Events.run(owner, 41)));
        send("insights", owner, byConfluent("insights", Events.insight(owner, 41)));
        send("visualizations", owner, byConfluent("visualizations", Events.chart(owner, 41)));

        await().atMost(SOON)
                .until(() -> rows("analytics_visualizations", owner) == 1
                        && rows("analytics_source_insights", owner) == 1
                        && rows("analytics_pipeline_history", owner) == 1);

        Map<String, Object> run = row("analytics_pipeline_history", owner);
        assertThat(run)
                .containsEntry("pipeline_id", new UUID(7, 41))
                .containsEntry("source_id", "orders")
                .containsEntry("source_name", "Orders 📦")
                .containsEntry("status", "completed")
                .containsEntry("records_processed", 41)
                .containsEntry("duration_seconds", 12.5)
                .containsEntry("error_message", null)
                .containsEntry("run_type", "etl+rag");
        assertThat(timestamp("analytics_pipeline_history", "\"timestamp\"", owner))
                .isEqualTo(LocalDateTime.parse("2026-03-08T07:30:00.123456"));
        assertThat(row("analytics_source_insights", owner))
                .containsEntry("source_icon", "👩‍🔬")
                .containsEntry("data_summary", "Größer als € 5")
                .containsEntry("generated_from", "etl")
                .hasEntrySatisfying(
                        "insights",
                        json -> assertThat(json.toString()).isEqualTo("[\"first \\\"quoted\\\"\", \"zweite 😀\"]"));
        assertThat(row("analytics_visualizations", owner))
                .containsEntry("x_column", null)
                .containsEntry("y_column", "total")
                .hasEntrySatisfying(
                        "chart_config", json -> assertThat(json.toString()).contains("\"title\": \"ü😀\""));
        assertThat(timestamp("analytics_visualizations", "generated_at", owner))
                .isEqualTo(LocalDateTime.parse("2026-03-08T07:30:00.123456"));
        assertThat(database.sql()
                        .sql(
                                "SELECT * FROM analytics_pipeline_history WHERE org_id = ? ORDER BY timestamp DESC LIMIT 50")
                        .param(owner)
                        .query()
                        .listOfRows())
                .as("the document's recent history")
                .containsExactly(run);
        assertThat(database.sql()
                        .sql("SELECT * FROM analytics_source_insights WHERE org_id = ? AND source_id = ?")
                        .params(owner, "source-41")
                        .query()
                        .listOfRows())
                .as("the document's insights of a source")
                .hasSize(1);
        Duration age = Duration.between(
                timestamp("analytics_pipeline_history", "created_at", owner),
                LocalDateTime.now(java.time.ZoneOffset.UTC));
        assertThat(age).as("created_at is UTC in a JVM that is not").isBetween(Duration.ofMinutes(-1), SOON);
    }

    @Test
    void aBigChartIsPackedByLz4WhereTheServerHasIt() {
        UUID owner = database.organization("Big charts");
        Visualization chart = Events.chart(owner, 42);
        chart.setChartConfig("{\"data\": [" + "{\"type\": \"bar\", \"y\": [1, 2, 3]}, ".repeat(400) + "{}]}");
        send("visualizations", owner, Events.bytes(Visualization.class, chart));

        await().atMost(SOON).until(() -> rows("analytics_visualizations", owner) == 1);

        boolean hasLz4 = database.sql()
                .sql("SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
                .query(Boolean.class)
                .single();
        Map<String, Object> stored = database.sql()
                .sql("""
                        SELECT pg_column_compression(chart_config) AS packed, chart_config = ?::jsonb AS same
                        FROM analytics_visualizations WHERE org_id = ?
                        """)
                .params(chart.getChartConfig(), owner)
                .query()
                .singleRow();
        assertThat(stored).containsEntry("packed", hasLz4 ? "lz4" : "pglz").containsEntry("same", true);
    }

    @Test
    void everyReasonEndsInADeadLetterByteForByteAndHoldsUpNobody() throws Exception {
        String topic = worker.topic("pipeline-runs");
        UUID stranger = UUID.randomUUID();
        byte[] good = Events.bytes(PipelineRun.class, Events.run(organization, 1));
        PipelineRun tooMany = Events.run(organization, 2);
        tooMany.setRecordsProcessed(1L << 31);
        Map<String, RecordMetadata> sent = new HashMap<>();
        Header own = new RecordHeader("own", new byte[] {0, -1});
        byte[] key = Events.key(organization);
        sent.put("unreadable: null", RealBroker.send(topic, key, null, own));
        sent.put("unreadable: empty", RealBroker.send(topic, key, new byte[0], own));
        sent.put("unreadable: text", RealBroker.send(topic, key, "hello".getBytes(UTF_8), own));
        sent.put("unreadable: truncated", RealBroker.send(topic, key, Arrays.copyOf(good, good.length - 1), own));
        sent.put("unreadable: trailing", RealBroker.send(topic, key, Arrays.copyOf(good, good.length + 1), own));
        sent.put(
                "unreadable: unknown id",
                RealBroker.send(
                        topic,
                        key,
                        ByteBuffer.wrap(good.clone()).putInt(1, 987_654).array(),
                        own));
        sent.put("key_mismatch: null", RealBroker.send(topic, null, good, own));
        sent.put("key_mismatch: text", RealBroker.send(topic, "acme".getBytes(UTF_8), good, own));
        sent.put("key_mismatch: other", RealBroker.send(topic, Events.key(stranger), good, own));
        sent.put("invalid", RealBroker.send(topic, key, Events.bytes(PipelineRun.class, tooMany), own));
        sent.put(
                "unknown_org",
                RealBroker.send(
                        topic, Events.key(stranger), Events.bytes(PipelineRun.class, Events.run(stranger, 3)), own));
        RealBroker.send(topic, key, good);

        await().atMost(SOON).until(() -> rows("analytics_pipeline_history", organization) == 1);
        await().atMost(SOON).until(() -> worker.count("tracker.rejections", "feed", "pipeline-runs") >= sent.size());

        Map<String, ConsumerRecord<byte[], byte[]>> originals = byCoordinates(RealBroker.readAll(topic), false);
        Map<String, ConsumerRecord<byte[], byte[]>> letters = byCoordinates(RealBroker.readAll(topic + ".dlt"), true);
        assertThat(letters).hasSize(sent.size());
        sent.forEach((what, place) -> {
            String coordinates = place.partition() + "@" + place.offset();
            ConsumerRecord<byte[], byte[]> letter = found(letters, coordinates);
            ConsumerRecord<byte[], byte[]> original = found(originals, coordinates);
            assertThat(letter.key()).as(what).isEqualTo(original.key());
            assertThat(letter.value()).as(what).isEqualTo(original.value());
            assertThat(letter.headers().toArray()[0]).as(what).isEqualTo(own);
            assertThat(header(letter, "tracker-reason")).isEqualTo(what.replaceAll(":.*", ""));
            assertThat(header(letter, "tracker-detail")).as(what).isNotBlank();
            assertThat(header(letter, "tracker-topic")).isEqualTo(topic);
            assertThat(header(letter, "tracker-timestamp")).isEqualTo(Long.toString(original.timestamp()));
            assertThat(header(letter, "tracker-attempt")).isEqualTo("1");
        });
        RecordMetadata invalid = sent.get("invalid");
        assertThat(header(found(letters, invalid.partition() + "@" + invalid.offset()), "tracker-detail"))
                .isEqualTo("records_processed: must be at most 2147483647");
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(committed("pipeline-runs")).isEqualTo(ends("pipeline-runs")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "snappy", "lz4", "zstd"})
    void whatAPublisherCompressesBecomesRows(String codec) {
        UUID owner = database.organization(codec);
        Map<String, Object> settings = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                RealBroker.bootstrapServers(),
                ProducerConfig.COMPRESSION_TYPE_CONFIG,
                codec,
                ProducerConfig.LINGER_MS_CONFIG,
                100);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int number = 0; number < 50; number++) {
                var unusedSent = producer.send(new ProducerRecord<>(
                        worker.topic("pipeline-runs"),
                        Events.key(owner),
                        Events.bytes(PipelineRun.class, Events.run(owner, number))));
            }
        }
        await().atMost(SOON).until(() -> rows("analytics_pipeline_history", owner) == 50);
    }

    private void send(String feed, UUID owner, byte[] value) {
        RealBroker.send(worker.topic(feed), Events.key(owner), value);
    }

    /** Present at run time only: unpacked by the build, from an artifact whose POM cannot be a dependency's. */
    private byte[] byConfluent(String feed, SpecificRecord event) throws Exception {
        Serializer<?> serializer = Class.forName("io.confluent.kafka.serializers.KafkaAvroSerializer")
                .asSubclass(Serializer.class)
                .getDeclaredConstructor()
                .newInstance();
        serializer.configure(Map.of("schema.registry.url", RealRegistry.url()), false);
        return serialize(serializer, worker.topic(feed), event);
    }

    @SuppressWarnings("unchecked")
    private static <T> byte[] serialize(Serializer<T> serializer, String topic, SpecificRecord event) {
        try (serializer) {
            return serializer.serialize(topic, (T) event);
        }
    }

    private long rows(String table, UUID owner) {
        return database.sql()
                .sql("SELECT count(*) FROM " + table + " WHERE org_id = ?")
                .param(owner)
                .query(Long.class)
                .single();
    }

    private Map<String, Object> row(String table, UUID owner) {
        return database.sql()
                .sql("SELECT * FROM " + table + " WHERE org_id = ?")
                .param(owner)
                .query()
                .singleRow();
    }

    private LocalDateTime timestamp(String table, String column, UUID owner) {
        return database.sql()
                .sql("SELECT " + column + " FROM " + table + " WHERE org_id = ?")
                .param(owner)
                .query(LocalDateTime.class)
                .single();
    }

    private Map<Integer, Long> committed(String feed) throws Exception {
        try (var admin = RealBroker.admin()) {
            Map<TopicPartition, OffsetAndMetadata> offsets = admin.listConsumerGroupOffsets("pipeline-tracker." + feed)
                    .partitionsToOffsetAndMetadata()
                    .get();
            Map<Integer, Long> committed = new TreeMap<>();
            offsets.forEach((partition, offset) -> {
                if (partition.topic().equals(worker.topic(feed)) && offset.offset() > 0) {
                    committed.put(partition.partition(), offset.offset());
                }
            });
            return committed;
        }
    }

    private Map<Integer, Long> ends(String feed) {
        Map<Integer, Long> ends = new TreeMap<>();
        RealBroker.readAll(worker.topic(feed))
                .forEach(polled -> ends.merge(polled.partition(), polled.offset() + 1, Math::max));
        return ends;
    }

    private static Map<String, ConsumerRecord<byte[], byte[]>> byCoordinates(
            List<ConsumerRecord<byte[], byte[]>> records, boolean deadLetters) {
        Map<String, ConsumerRecord<byte[], byte[]>> byCoordinates = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> polled : new ArrayList<>(records)) {
            byCoordinates.put(
                    deadLetters
                            ? header(polled, "tracker-partition") + "@" + header(polled, "tracker-offset")
                            : polled.partition() + "@" + polled.offset(),
                    polled);
        }
        return byCoordinates;
    }

    private static ConsumerRecord<byte[], byte[]> found(
            Map<String, ConsumerRecord<byte[], byte[]>> records, String coordinates) {
        return Objects.requireNonNull(records.get(coordinates), coordinates);
    }

    private static String header(ConsumerRecord<byte[], byte[]> polled, String name) {
        return new String(polled.headers().lastHeader(name).value(), UTF_8);
    }
}

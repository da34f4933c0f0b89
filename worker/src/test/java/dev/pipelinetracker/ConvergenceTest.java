package dev.pipelinetracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.InsightOrigin;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.support.RunningWorker;
import dev.pipelinetracker.wire.EventEncoder;
import dev.pipelinetracker.wire.EventSchemas;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** The same 100,000 events of all feeds, delivered in different orders through a real broker, end in the same tables. */
class ConvergenceTest {

    private static final int EVENTS = 100_000;
    private static final int ORGANIZATIONS = 5;
    private static final int RUNS = 20_000;
    private static final int SOURCES = 300;
    private static final List<RunStatus> STATES = List.of(RunStatus.values());

    private static final List<String> FEEDS = List.of("pipeline-runs", "insights", "visualizations");

    /** By feed: as many rows as keys must be there. */
    private final Map<String, Set<Object>> keys = new HashMap<>();

    private final long seed = System.nanoTime();
    private final SchemaRegistry registry = new SchemaRegistry(RegistrySettings.at(URI.create(RealRegistry.url())));

    @Test
    void threeDeliveriesInDifferentOrdersGiveIdenticalTables() {
        List<UUID> organizations = new ArrayList<>();
        for (int i = 0; i < ORGANIZATIONS; i++) {
            organizations.add(new UUID(seed, i));
        }
        List<ProducerRecord<byte[], byte[]>> messages = messages(organizations);
        List<List<String>> tables = new ArrayList<>();
        for (int delivery = 0; delivery < 3; delivery++) {
            Collections.shuffle(messages, new Random(seed + delivery));
            tables.add(tablesAfter(messages, organizations));
        }
        for (int table = 0; table < FEEDS.size(); table++) {
            assertThat(tables.get(0).get(table))
                    .as("seed %d", seed)
                    .startsWith(keys.getOrDefault(FEEDS.get(table), Set.of()).size() + " rows, ");
        }
        assertThat(tables.get(1)).as("seed %d", seed).isEqualTo(tables.get(0));
        assertThat(tables.get(2)).as("seed %d", seed).isEqualTo(tables.get(0));
    }

    private List<String> tablesAfter(List<ProducerRecord<byte[], byte[]>> messages, List<UUID> organizations) {
        Database database = RealPostgres.freshDatabase();
        for (UUID organization : organizations) {
            database.sql()
                    .sql("INSERT INTO organizations (id, name, slug) VALUES (?, 'Convergence', ?)")
                    .params(organization, organization.toString())
                    .update();
        }
        String prefix = RunningWorker.createTopics(4);
        RealBroker.sendAll(messages.stream()
                .map(message -> new ProducerRecord<>(prefix + message.topic(), message.key(), message.value()))
                .toList());
        try (RunningWorker worker = RunningWorker.start(prefix, database)) {
            await().atMost(Duration.ofMinutes(2)).until(() -> worker.count("tracker.events") >= EVENTS);
            assertThat(worker.count("tracker.rejections")).isZero();
        }
        assertThat(sequentialScans(database))
                .as("a plan made while the tables were empty stayed one once they were full")
                .isZero();
        List<String> tables = new ArrayList<>();
        for (String table :
                List.of("analytics_pipeline_history", "analytics_source_insights", "analytics_visualizations")) {
            tables.add(
                    database.sql().sql("""
                            SELECT count(*) || ' rows, ' || md5(string_agg(line, chr(10) ORDER BY line COLLATE "C"))
                            FROM (SELECT (to_jsonb(t) - 'id' - 'created_at')::text AS line FROM %s t) AS lines
                            """.formatted(table)).query(String.class).single());
        }
        return tables;
    }

    private void count(String feed, Object key) {
        keys.computeIfAbsent(feed, name -> new HashSet<>()).add(key);
    }

    private static long sequentialScans(Database database) {
        return database.sql()
                .sql("SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE relname LIKE 'analytics%'")
                .query(Long.class)
                .single();
    }

    /** Their topics are the feeds' names: each delivery has a prefix of its own. */
    private List<ProducerRecord<byte[], byte[]>> messages(List<UUID> organizations) {
        Random random = new Random(seed);
        EventEncoder<PipelineRun> runs = encoder(PipelineRun.class);
        EventEncoder<SourceInsight> insights = encoder(SourceInsight.class);
        EventEncoder<Visualization> charts = encoder(Visualization.class);
        List<ProducerRecord<byte[], byte[]>> messages = new ArrayList<>();
        for (int i = 0; i < EVENTS; i++) {
            UUID organization = organizations.get(random.nextInt(ORGANIZATIONS));
            byte[] key = Events.key(organization);
            switch (random.nextInt(10)) {
                case 0 -> {
                    SourceInsight insight = insight(organization, random);
                    count("insights", List.of(organization, insight.getSourceId()));
                    messages.add(new ProducerRecord<>("insights", key, insights.encode(insight)));
                }
                case 1 -> {
                    Visualization chart = chart(organization, random);
                    count(
                            "visualizations",
                            List.of(organization, chart.getSourceId(), String.valueOf(chart.getXColumn())));
                    messages.add(new ProducerRecord<>("visualizations", key, charts.encode(chart)));
                }
                default -> {
                    PipelineRun run = run(organization, random);
                    count("pipeline-runs", List.of(organization, run.getPipelineId()));
                    messages.add(new ProducerRecord<>("pipeline-runs", key, runs.encode(run)));
                }
            }
        }
        return messages;
    }

    /** What a version says follows from the version alone: two events of one version and different content have no order. */
    private static PipelineRun run(UUID organization, Random random) {
        PipelineRun run = Events.run(organization, random.nextInt(RUNS));
        int minutes = random.nextInt(3);
        run.setStatus(STATES.get(random.nextInt(3)));
        run.setTimestamp(moment(minutes));
        run.setDurationSeconds(minutes * 60 + 0.25);
        run.setErrorMessage(run.getStatus() == RunStatus.failed ? "exit " + minutes : null);
        return run;
    }

    private static SourceInsight insight(UUID organization, Random random) {
        SourceInsight insight = Events.insight(organization, random.nextInt(SOURCES));
        int minutes = random.nextInt(1000);
        insight.setGeneratedFrom(random.nextBoolean() ? InsightOrigin.etl : InsightOrigin.rag);
        insight.setGeneratedAt(moment(minutes));
        insight.setInsights(List.of(insight.getGeneratedFrom() + " " + minutes));
        return insight;
    }

    private static Visualization chart(UUID organization, Random random) {
        Visualization chart = Events.chart(organization, random.nextInt(SOURCES));
        int minutes = random.nextInt(1000);
        chart.setXColumn(random.nextBoolean() ? null : "month");
        chart.setGeneratedAt(moment(minutes));
        chart.setChartConfig("{\"layout\": {\"title\": \"" + minutes + "\"}}");
        return chart;
    }

    private static Instant moment(int minutes) {
        return Events.MOMENT.plus(Duration.ofMinutes(minutes));
    }

    private <E extends SpecificRecord> EventEncoder<E> encoder(Class<E> type) {
        return new EventEncoder<>(type, registry.register("test-" + type.getSimpleName(), EventSchemas.avsc(type)));
    }
}

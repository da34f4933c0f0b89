package dev.pipelinetracker.publishing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.support.RunningWorker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** The Python examples, run by Debian's Python against a worker; skipped, loudly, where its packages are not installed. */
@TestInstance(Lifecycle.PER_CLASS)
class PythonExampleTest {

    private static final String PYTHON = "/usr/bin/python3";
    private static final Path EXAMPLES = Path.of("..", "deploy", "examples", "python");
    private static final Duration SOON = Duration.ofSeconds(60);

    private @Nullable RunningWorker worker;
    private @Nullable Database database;
    private String prefix = "";

    @BeforeAll
    void start() throws Exception {
        boolean installed = Files.isExecutable(Path.of(PYTHON))
                && python("-c", "import confluent_kafka.avro, avro").exitCode() == 0;
        if (!installed) {
            System.err.println(
                    "SKIPPED PythonExampleTest: apt-get install python3-confluent-kafka python3-avro python3-requests to run it");
        }
        Assumptions.assumeTrue(
                installed, "python3-confluent-kafka, python3-avro and python3-requests are not installed");
        database = RealPostgres.freshDatabase();
        prefix = RunningWorker.createTopics(3);
        worker = RunningWorker.start(prefix, database);
    }

    @AfterAll
    void stop() {
        if (worker != null) {
            worker.close();
        }
    }

    @Test
    void theExampleEndsInRows() throws Exception {
        UUID organization = organization();
        Outcome run = example("publish.py", organization, 1);
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("8 events delivered");
        await().atMost(SOON)
                .until(() -> rows("analytics_visualizations", organization) == 1
                        && rows("analytics_source_insights", organization) == 1);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(texts("""
                                SELECT concat_ws(' ', source_name, status, records_processed, run_type, error_message)
                                FROM analytics_pipeline_history WHERE org_id = ? ORDER BY source_id""", organization))
                        .containsExactly(
                                "Bestellungen 📦 completed 1200 etl+rag",
                                "Returns failed 0 etl ValueError: a file is missing"));
        assertThat(texts("SELECT insights->>1 FROM analytics_source_insights WHERE org_id = ?", organization))
                .containsExactly("Größer als € 5");
        assertThat(age(organization)).isBetween(Duration.ofMinutes(-1), Duration.ofMinutes(5));
    }

    @Test
    void aThousandEventsOfEachFeedByConfluentsPythonSerializerAreAllRight() throws Exception {
        UUID organization = organization();
        Outcome run = example("confluent_serializer.py", organization, 1_000);
        assertThat(run.exitCode()).as(run.output()).isZero();
        await().atMost(SOON)
                .until(() -> rows("analytics_pipeline_history", organization) == 1_000
                        && rows("analytics_source_insights", organization) == 1_000
                        && rows("analytics_visualizations", organization) == 1_000);
        assertThat(texts("""
                        SELECT count(DISTINCT records_processed) || ' ' || sum(records_processed)
                        FROM analytics_pipeline_history
                        WHERE org_id = ? AND source_name = 'Bestellungen 📦' AND run_type = 'etl+rag'
                          AND "timestamp" = '2026-03-08T07:30:00.123456' AND duration_seconds = 12.5""", organization)).containsExactly("1000 499500");
        assertThat(texts("""
                        SELECT count(*) || '' FROM analytics_source_insights
                        WHERE org_id = ? AND source_icon = '🐍' AND insights = '["erste", "zweite 😀"]'
                          AND source_id = 'python-' || records_analyzed AND data_summary = 'Größer als € 5'
                          AND generated_from = 'rag' AND source_name IS NULL""", organization)).containsExactly("1000");
        assertThat(texts("""
                        SELECT count(*) || '' FROM analytics_visualizations
                        WHERE org_id = ? AND source_id = 'python-' || (chart_config->'data'->0->'y'->>0)
                          AND y_column IS NULL AND generated_at = '2026-03-08T07:30:00.123456'""", organization)).containsExactly("1000");
    }

    private UUID organization() {
        return database().organization("Python " + UUID.randomUUID());
    }

    private Database database() {
        return java.util.Objects.requireNonNull(database);
    }

    private Outcome example(String script, UUID organization, int count) throws Exception {
        return python(
                EXAMPLES.resolve(script).toString(),
                "--bootstrap=" + RealBroker.bootstrapServers(),
                "--registry=" + RealRegistry.url(),
                "--org=" + organization,
                "--topic-prefix=" + prefix,
                "--count=" + count);
    }

    private long rows(String table, UUID organization) {
        return Long.parseLong(texts("SELECT count(*) || '' FROM " + table + " WHERE org_id = ?", organization)
                .get(0));
    }

    private List<String> texts(String sql, UUID organization) {
        return database().sql().sql(sql).param(organization).query(String.class).list();
    }

    private Duration age(UUID organization) {
        LocalDateTime latest = database()
                .sql()
                .sql("SELECT max(\"timestamp\") FROM analytics_pipeline_history WHERE org_id = ?")
                .param(organization)
                .query(LocalDateTime.class)
                .single();
        return Duration.between(latest, LocalDateTime.now(java.time.ZoneOffset.UTC));
    }

    private record Outcome(int exitCode, String output) {}

    private static Outcome python(String... arguments) throws IOException, InterruptedException {
        Path output = Files.createTempFile("python", ".out");
        Process process = new ProcessBuilder(Stream.concat(Stream.of(PYTHON, "-B"), Stream.of(arguments))
                        .toList())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!process.waitFor(120, TimeUnit.SECONDS)) {
                throw new IllegalStateException("Python does not end: " + Files.readString(output));
            }
            return new Outcome(process.exitValue(), new String(Files.readAllBytes(output), StandardCharsets.UTF_8));
        } finally {
            process.destroyForcibly();
            Files.deleteIfExists(output);
        }
    }
}

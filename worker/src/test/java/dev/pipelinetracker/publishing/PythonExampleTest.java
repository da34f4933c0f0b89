package dev.pipelinetracker.publishing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.support.RunningWorker;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** The Python example without Confluent's Avro, run by Debian's Python against a worker; skipped, loudly, where its packages are not installed. */
@TestInstance(Lifecycle.PER_CLASS)
class PythonExampleTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private @Nullable RunningWorker worker;
    private @Nullable Database database;
    private String prefix = "";

    @BeforeAll
    void start() throws Exception {
        Python.assumeInstalled();
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
        Python.Outcome run = example(organization);
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

    private UUID organization() {
        return database().organization("Python " + UUID.randomUUID());
    }

    private Database database() {
        return java.util.Objects.requireNonNull(database);
    }

    private Python.Outcome example(UUID organization) throws Exception {
        return Python.run(
                "",
                Python.EXAMPLES.resolve("publish.py").toString(),
                "--bootstrap=" + RealBroker.bootstrapServers(),
                "--registry=" + RealRegistry.url(),
                "--org=" + organization,
                "--topic-prefix=" + prefix);
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
}

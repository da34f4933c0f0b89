package dev.pipelinetracker.publishing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.support.RunningWorker;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
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

    @Test
    void aRunsEndIsStoredWhateverItsErrorAndAnOutageBreaksNoJob() throws Exception {
        UUID organization = organization();
        Python.Outcome run = Python.run(
                "",
                "-c",
                """
                import os, sys
                sys.path.insert(0, sys.argv[1])
                import publish
                bootstrap, registry, org, prefix = sys.argv[2:]
                tracker = publish.Tracker(bootstrap, registry, {feed: prefix + feed for feed in publish.FEEDS})
                def fails(source, error, *counts):
                    try:
                        with tracker.run(org, source, source) as progress:
                            for count in counts:
                                progress(count)
                            raise error
                    except Exception as seen:
                        print(source, type(seen).__name__)
                fails("bytes", OSError(os.fsdecode(b"a\\0b \\xff.csv")))
                fails("count", OSError("never seen"), 7, -1)
                fails("type", OSError("never seen"), 7, "12")
                publish.now = lambda stopped=publish.now(): stopped
                fails("clock", OSError("late"), 1)
                tracker.flush(60)
                away = publish.Tracker(bootstrap, "http://127.0.0.1:1")
                with away.run(org, "away", "away") as progress:
                    print("the job ran")
                tracker._producer = publish.Producer({"bootstrap.servers": "127.0.0.1:1",
                        "queue.buffering.max.messages": 3, "message.timeout.ms": 1000, "log_level": 0})
                with tracker.run(org, "full", "full") as progress:
                    for count in range(20):
                        progress(count)
                tracker._producer.flush(10)
                print(len(away.failed), len(tracker.failed))
                """,
                Python.EXAMPLES.toString(),
                RealBroker.bootstrapServers(),
                RealRegistry.url(),
                organization.toString(),
                prefix);
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output().lines().filter(line -> !line.startsWith("not delivered")))
                .containsExactly(
                        "bytes OSError", "count ValueError", "type TypeError", "clock OSError", "the job ran", "2 22");
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(texts("""
                                SELECT concat_ws(' ', source_id, status, records_processed, error_message)
                                FROM analytics_pipeline_history WHERE org_id = ? ORDER BY source_id""", organization))
                        .containsExactly(
                                "bytes failed 0 OSError: a\uFFFDb \uFFFD.csv",
                                "clock failed 1 OSError: late",
                                "count failed 7 ValueError: records_processed must be 0 to 2147483647",
                                "type failed 7 TypeError: 'str' object cannot be interpreted as an integer"));
    }

    @Test
    void aRegistryThatNeverAnswersIsAskedOnceAndHoldsTheJobUpForSeconds() throws Exception {
        // connections are accepted by the system, and nobody reads them
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Python.Outcome run = Python.run(
                    "",
                    "-c",
                    """
                    import sys, time
                    sys.path.insert(0, sys.argv[1])
                    import publish
                    tracker = publish.Tracker(sys.argv[2], sys.argv[3])
                    start = time.monotonic()
                    with tracker.run(sys.argv[4], "silent", "silent") as progress:
                        progress(1)
                        progress(2)
                    tracker.publish("insights", org_id=sys.argv[4])
                    print(len(tracker.failed), "failed,", "seconds" if time.monotonic() - start < 9 else "too long")
                    """,
                    Python.EXAMPLES.toString(),
                    RealBroker.bootstrapServers(),
                    "http://127.0.0.1:" + silent.getLocalPort(),
                    organization().toString());
            assertThat(run.output()).contains("5 failed, seconds", "the registry has not answered within 3 s");
            assertThat(run.exitCode()).isZero();
            silent.accept().close();
            silent.setSoTimeout(100);
            assertThatThrownBy(silent::accept).as("asked again").isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void aBadLineIsReportedAndTheGoodOnesAreDelivered() throws Exception {
        String good = SampleEvents.of(dev.pipelinetracker.publish.EventFeed.INSIGHTS, organization());
        Python.Outcome run = Python.run(
                good + "\n{}\n" + good + "\n",
                Python.EXAMPLES.resolve("avro_producer.py").toString(),
                "--feed=insights",
                "--bootstrap=" + RealBroker.bootstrapServers(),
                "--registry=" + RealRegistry.url(),
                "--topic-prefix=" + prefix);
        assertThat(run.exitCode()).as(run.output()).isEqualTo(1);
        assertThat(run.output()).contains("line 2: KeyError").contains("2 events delivered, 1 lines bad");
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

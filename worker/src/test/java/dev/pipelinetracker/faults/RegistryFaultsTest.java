package dev.pipelinetracker.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.SourceInsight;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A registry that is away, silent, slow or out of order: what is known goes on, what is not waits, nothing is rejected. */
class RegistryFaultsTest {

    private static int stages;

    private Stage stage;
    private WorkerProcess worker;

    @BeforeEach
    void startWithoutRegistry() {
        stage = Stage.open("registry" + (char) ('a' + stages++));
        stage.registryProxy().refuse();
        worker = stage.startWorker();
    }

    @AfterEach
    void stop() {
        stage.close();
    }

    @Test
    @MatrixRow(21)
    void eachFeedWaitsForItsSchemaAndThoseThatAreKnownGoOn() {
        // away from the start
        stage.publish(Kind.RUNS, 50);
        awaitRetries("pipeline-runs", 1);
        stage.registryProxy().pass();
        stage.settle();

        // in trouble, then not to be found: no answer of its own, so no verdict on a schema
        replaceRegistry(StandInRegistry.outOfOrder());
        replaceRegistry(StandInRegistry.gatewayWithoutRoute());

        // silent, then slow
        stage.registryProxy().blackHole();
        stage.publish(Kind.CHARTS, 50);
        awaitRetries("visualizations", 1);
        int known = stage.publish(Kind.RUNS, 50);
        awaitRow(known + 49);
        stage.registryProxy().reset();
        stage.registryProxy().pass();
        stage.registryProxy().delay(Duration.ofMillis(300));

        assertThat(stage.settle().deadLetters()).isEmpty();
        stage.registryProxy().pass();
    }

    @Test
    @MatrixRow(21)
    void aRecordThatWaitsForItsSchemaDoesNotHoldUpThoseBeforeIt() throws SQLException {
        stage.registryProxy().pass();
        stage.publish(Kind.RUNS, 10);
        stage.settle();
        UUID organization = stage.organization(0);
        int first = stage.keys(300);
        // polled together: the consumer's thread is held up until all are there
        try (Connection lock = Stage.postgres().connection(stage.databaseName());
                Statement statement = lock.createStatement()) {
            lock.setAutoCommit(false);
            statement.execute("LOCK TABLE analytics_pipeline_history IN EXCLUSIVE MODE");
            stage.ledger().good(Kind.RUNS, organization, first, 0);
            stage.registryProxy().refuse();
            for (int key = first + 1; key < first + 300; key++) {
                if (key == first + 299) {
                    Wire.renewSchema(PipelineRun.class);
                }
                stage.ledger().good(Kind.RUNS, organization, key, 0);
            }
            stage.ledger().flush();
        }
        awaitRow(first + 298);
        assertThat(stage.ledger().isCommitted()).isFalse();
        awaitRetries("pipeline-runs", 12);
        stage.registryProxy().pass();
        long since = System.nanoTime();
        stage.settle();
        assertThat(Duration.ofNanos(System.nanoTime() - since))
                .as("first commit")
                .isLessThan(Stage.BACK_AT_WORK);
    }

    private void replaceRegistry(StandInRegistry other) {
        int port = stage.registryProxy().target();
        try (other) {
            stage.registryProxy().target(other.port());
            stage.registryProxy().reset();
            Wire.renewSchema(SourceInsight.class);
            double before = retries("insights");
            stage.publish(Kind.INSIGHTS, 50);
            // more often than an unknown id is asked for
            awaitRetries("insights", before + 4);
            int known = stage.publish(Kind.RUNS, 50);
            awaitRow(known + 49);
        }
        stage.registryProxy().target(port);
        stage.registryProxy().reset();
        assertThat(stage.settle().deadLetters()).isEmpty();
    }

    @Test
    @MatrixRow(22)
    void anUnknownSchemaIdIsRejectedAndItsNeighboursAreStored() {
        stage.registryProxy().pass();
        stage.publish(Kind.RUNS, 50);
        for (int id = 900_000; id < 900_003; id++) {
            byte[] value = Wire.bytes(Kind.RUNS.event(stage.organization(0), stage.keys(1), 0));
            ByteBuffer.wrap(value).putInt(1, id);
            stage.ledger().bad(Kind.RUNS, Wire.key(stage.organization(0)), value, "unreadable");
        }
        stage.publish(Kind.RUNS, 50);
        Account account = stage.settle();
        assertThat(account.deadLetters()).containsEntry("unreadable", 3);
    }

    private void awaitRetries(String feed, double times) {
        await().atMost(Stage.LIMIT).until(() -> retries(feed) >= times);
    }

    private double retries(String feed) {
        return worker.metric("tracker_retries_total", "feed=\"" + feed + "\"", "cause=\"registry\"");
    }

    private void awaitRow(int key) {
        await("what is known goes on")
                .atMost(Duration.ofSeconds(10))
                .until(() -> stage.database()
                                .sql("SELECT count(*) FROM analytics_pipeline_history WHERE source_id = ?")
                                .param(Kind.source(key))
                                .query(Long.class)
                                .single()
                        == 1);
    }
}

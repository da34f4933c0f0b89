package dev.pipelinetracker.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** A registry that is away, silent, slow or out of order: what is known goes on, what is not waits, nothing is rejected. */
@TestInstance(Lifecycle.PER_CLASS)
class RegistryFaultsTest {

    private final Stage stage = Stage.open("registry");
    private WorkerProcess worker;

    /** Away from the start: each test begins with a worker that has once waited for its first schema. */
    @BeforeAll
    void startWithoutRegistry() {
        stage.registryProxy().refuse();
        worker = stage.startWorker();
        stage.publish(Kind.RUNS, 50);
        awaitRetries("pipeline-runs", 1);
        stage.registryProxy().pass();
        assertThat(stage.settle().deadLetters()).isEmpty();
    }

    @AfterAll
    void stop() {
        stage.close();
    }

    @Test
    @MatrixRow(21)
    void eachFeedWaitsForItsSchemaAndThoseThatAreKnownGoOn() {
        int letters = letters();
        // in trouble, then not to be found: no answer of its own, so no verdict on a schema
        replaceRegistry(StandInRegistry.outOfOrder());
        replaceRegistry(StandInRegistry.gatewayWithoutRoute());

        // silent, then slow
        stage.registryProxy().blackHole();
        Wire.renewSchema(Visualization.class);
        stage.publish(Kind.CHARTS, 50);
        awaitRetries("visualizations", 1);
        int known = stage.publish(Kind.RUNS, 50);
        awaitRow(known + 49);
        stage.registryProxy().reset();
        stage.registryProxy().pass();
        stage.registryProxy().delay(Duration.ofMillis(300));

        stage.settle();
        assertThat(letters()).isEqualTo(letters);
        stage.registryProxy().pass();
    }

    @Test
    @MatrixRow(21)
    void aRecordThatWaitsForItsSchemaHoldsUpNoneOfItsBatchAndNoneIsRejectedTwice() throws SQLException {
        UUID organization = stage.organization(0);
        int first = stage.keys(300);
        List<byte[]> values = new ArrayList<>();
        for (int key = first; key < first + 300; key++) {
            values.add(Wire.bytes(Kind.RUNS.event(organization, key, 0)));
        }
        Wire.renewSchema(PipelineRun.class);
        values.set(150, Wire.bytes(Kind.RUNS.event(organization, first + 150, 0)));
        double rejected = worker.metric("tracker_events_total", "outcome=\"rejected\"");
        double retries = retries("pipeline-runs");
        Set<String> letters = Set.copyOf(stage.ledger().deadLetters(Kind.RUNS).keySet());
        stage.registryProxy().refuse();
        // polled together: the consumer's thread is held up until all are there
        try (Connection lock = Stage.postgres().connection(stage.databaseName());
                Statement statement = lock.createStatement()) {
            lock.setAutoCommit(false);
            statement.execute("LOCK TABLE analytics_pipeline_history IN EXCLUSIVE MODE");
            for (int i = 0; i < 300; i++) {
                if (i == 20 || i == 250) {
                    stage.ledger().bad(Kind.RUNS, Wire.key(organization), new byte[0], "unreadable");
                }
                stage.ledger().good(Kind.RUNS, organization, first + i, 0, values.get(i));
            }
            stage.ledger().flush();
        }
        awaitRow(first + 149);
        awaitRow(first + 299);
        assertThat(stage.ledger().isCommitted()).isFalse();
        // until the pause between two attempts has reached its longest
        awaitRetries("pipeline-runs", retries + 7);
        assertThat(worker.metric("tracker_events_total", "outcome=\"rejected\"") - rejected)
                .isEqualTo(2);
        stage.registryProxy().pass();
        long since = System.nanoTime();
        stage.settle();
        assertThat(Duration.ofNanos(System.nanoTime() - since))
                .as("first commit")
                .isLessThan(Stage.BACK_AT_WORK);
        Map<String, List<String>> after = stage.ledger().deadLetters(Kind.RUNS);
        after.keySet().removeAll(letters);
        assertThat(after.values()).as("each sent once").containsExactly(List.of("unreadable"), List.of("unreadable"));
        assertThat(worker.metric("tracker_events_total", "outcome=\"rejected\"") - rejected)
                .isEqualTo(2);
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
        stage.settle();
    }

    @Test
    @MatrixRow(22)
    void anUnknownSchemaIdIsRejectedAndItsNeighboursAreStored() {
        int letters = letters();
        stage.publish(Kind.RUNS, 50);
        for (int id = 900_000; id < 900_003; id++) {
            byte[] value = Wire.bytes(Kind.RUNS.event(stage.organization(0), stage.keys(1), 0));
            ByteBuffer.wrap(value).putInt(1, id);
            stage.ledger().bad(Kind.RUNS, Wire.key(stage.organization(0)), value, "unreadable");
        }
        stage.publish(Kind.RUNS, 50);
        stage.settle();
        assertThat(letters() - letters).isEqualTo(3);
    }

    private int letters() {
        int letters = 0;
        for (Kind kind : Kind.values()) {
            letters += stage.ledger().deadLetters(kind).size();
        }
        return letters;
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

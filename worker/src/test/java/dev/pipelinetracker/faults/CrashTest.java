package dev.pipelinetracker.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Workers that die, are told to stop, or are late. */
class CrashTest {

    private static int stages;

    private Stage stage;

    @BeforeEach
    void open() {
        stage = Stage.open("crash" + (char) ('a' + stages++));
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    @MatrixRow(1)
    void aSuccessorTakesOverWhatAKilledWorkerHadInHand() throws Exception {
        WorkerProcess first = stage.startWorker();
        stage.publish(Kind.RUNS, 500);
        stage.settle();
        try (Connection lock = lockTable(Kind.RUNS)) {
            stage.publish(Kind.RUNS, 500);
            awaitBlockedStatement();
            first.kill();
            assertThat(lock.isClosed()).isFalse();
        }
        long killed = System.nanoTime();
        stage.startWorker();

        stage.settle();

        assertThat(Duration.ofNanos(System.nanoTime() - killed)).as("takeover").isLessThan(Duration.ofSeconds(30));
    }

    @Test
    @MatrixRow(2)
    void whatWasStoredButNotCommittedChangesNothingWhenDeliveredAgain() {
        WorkerProcess first = stage.startWorker();
        stage.publish(Kind.RUNS, 10);
        stage.settle();
        stage.databaseProxy().trap(TcpProxy.Trap.HOLD_ANSWER, 2_000);
        stage.publish(Kind.RUNS, 200);
        await().atMost(Stage.LIMIT)
                .until(() -> count(Kind.RUNS) == 210 || stage.databaseProxy().trapped() > 1);
        await().atMost(Stage.LIMIT).until(() -> stage.databaseProxy().trapped() > 0);
        long stored = count(Kind.RUNS);
        assertThat(stored).as("rows whose offsets are not committed").isGreaterThan(10);
        assertThat(stage.ledger().isCommitted()).isFalse();

        first.kill();
        stage.databaseProxy().pass();
        WorkerProcess second = stage.startWorker();
        stage.settle();

        assertThat(second.metric("tracker_events_total", "outcome=\"unchanged\""))
                .as("delivered again, nothing changed")
                .isEqualTo((double) (stored - 10));
        assertThat(second.metric("tracker_events_total", "outcome=\"updated\"")).isZero();
    }

    @Test
    @MatrixRow(3)
    void aWorkerToldToStopEndsItsBatchAndCommitsIt() throws Exception {
        WorkerProcess first = stage.startWorker(Map.of(
                "spring.datasource.hikari.connection-init-sql", "SET TIME ZONE 'UTC'; SET enable_seqscan = off"));
        stage.publish(Kind.RUNS, 10);
        stage.settle();
        try (Connection lock = lockTable(Kind.RUNS)) {
            stage.publish(Kind.RUNS, 300);
            awaitBlockedStatement();
            first.signal(Signal.TERM);
            // it waits for its batch, not for ever
            await().pollDelay(Duration.ofSeconds(2)).until(first::isAlive);
            assertThat(lock.isClosed()).isFalse();
        }
        assertThat(first.exitCode(Duration.ofSeconds(10))).isEqualTo(143);
        Map<Integer, Long> left = stage.ledger().committed(Kind.RUNS);

        WorkerProcess second = stage.startWorker();
        stage.settle();

        assertThat(second.metric("tracker_events_total", "outcome=\"unchanged\""))
                .as("delivered again")
                .isZero();
        assertThat(left).isNotEmpty();
    }

    @Test
    @MatrixRow(4)
    void aWorkerToldToStopWhileTheDatabaseIsAwayCommitsNothingAndExits() {
        WorkerProcess first = stage.startWorker();
        stage.publish(Kind.RUNS, 10);
        stage.settle();
        stage.databaseProxy().blackHole();
        Map<Integer, Long> before = stage.ledger().committed(Kind.RUNS);
        stage.publish(Kind.RUNS, 300);
        await().atMost(Stage.LIMIT).until(first::isPaused);

        first.signal(Signal.TERM);

        assertThat(first.exitCode(Duration.ofSeconds(30))).isEqualTo(143);
        assertThat(stage.ledger().committed(Kind.RUNS)).isEqualTo(before);
        assertThat(stage.ledger().deadLetters(Kind.RUNS)).isEmpty();
        stage.databaseProxy().pass();
        stage.startWorker();
        stage.settle();
    }

    @Test
    @MatrixRow(20)
    void whatAZombieWritesLateLosesToItsSuccessor() {
        WorkerProcess zombie = stage.startWorker();
        int first = stage.publish(Kind.RUNS, 50);
        stage.settle();
        // in hand, and on its way to the database, but not there yet
        stage.databaseProxy().trap(TcpProxy.Trap.HOLD_REQUEST, 2_000);
        for (int key = first; key < first + 50; key++) {
            stage.ledger().good(Kind.RUNS, stage.organization(key), key, 1);
        }
        stage.ledger().flush();
        await().atMost(Stage.LIMIT).until(() -> stage.databaseProxy().trapped() > 0);
        zombie.signal(Signal.STOP);

        stage.startWorker(
                Map.of("spring.datasource.url", stage.jdbcUrl(Stage.postgres().port())));
        for (int key = first; key < first + 50; key++) {
            stage.ledger().good(Kind.RUNS, stage.organization(key), key, 2);
        }
        stage.settle();
        long updatesBefore = stage.injections().statements();
        stage.databaseProxy().pass();
        await().atMost(Stage.LIMIT).until(() -> stage.injections().statements() > updatesBefore);
        zombie.signal(Signal.CONT);

        stage.publish(Kind.RUNS, 50);
        stage.settle();
    }

    /** Holds up every write to the table until it is closed. */
    private Connection lockTable(Kind kind) throws SQLException {
        Connection connection = Stage.postgres().connection(stage.databaseName());
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("LOCK TABLE " + kind.table() + " IN EXCLUSIVE MODE");
        }
        return connection;
    }

    private void awaitBlockedStatement() {
        await().atMost(Stage.LIMIT)
                .until(() -> stage.database()
                                .sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                                        + " AND datname = current_database()")
                                .query(Long.class)
                                .single()
                        > 0);
    }

    private long count(Kind kind) {
        return stage.database()
                .sql("SELECT count(*) FROM " + kind.table())
                .query(Long.class)
                .single();
    }
}

package dev.pipelinetracker.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.faults.FaultyServer.Meanwhile;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Workers that die, are told to stop, or are late. */
class CrashTest {

    private static final int ROUNDS = 30;

    /** Instead of the stage's: longer than any test, as the worker's own. */
    private static final Map<String, String> LONG_STATEMENTS = Map.of(
            "spring.datasource.hikari.data-source-properties.socketTimeout", "30",
            "spring.datasource.hikari.connection-init-sql", "SET TIME ZONE 'UTC'; SET enable_seqscan = off",
            "spring.kafka.consumer.properties.max.poll.interval.ms", "60000");

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
    void anotherWorkerTakesOverWhatAKilledWorkerHadInHandSoonAfterItsSession() throws Exception {
        // as by default
        Map<String, String> session = Map.of(
                "spring.kafka.consumer.properties.session.timeout.ms", "10000",
                "spring.kafka.consumer.properties.heartbeat.interval.ms", "3000");
        WorkerProcess first = stage.startWorker(session);
        stage.publish(Kind.RUNS, 500);
        stage.settle();
        WorkerProcess second = stage.startWorker(session);
        // one who dies while partitions are being handed over is missed twice, each time for a session
        await().atMost(Stage.LIMIT).until(() -> stage.isSettledAmong(Kind.RUNS, 4));
        try (Connection lock = lockTable(Kind.RUNS)) {
            stage.publish(Kind.RUNS, 500);
            awaitBlockedStatement();
            first.kill();
            assertThat(lock.isClosed()).isFalse();
        }
        long killed = System.nanoTime();

        stage.settle();

        Duration takeover = Duration.ofNanos(System.nanoTime() - killed);
        System.out.println("taken over after " + takeover.toMillis() + " ms");
        // 7 to 10 s on a machine that has time; the promise of 15 s is what the README's figure shows, this only that
        // it ends
        assertThat(takeover).isLessThan(Duration.ofSeconds(30));
        assertThat(second.metric("tracker_events_total", "feed=\"pipeline-runs\""))
                .as("delivered to the second")
                .isPositive();
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
        // the stage's short time-out would end the statement's wait for the lock on a slow machine
        WorkerProcess first = stage.startWorker(LONG_STATEMENTS);
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
        long released = System.nanoTime();
        assertThat(first.exitCode(Duration.ofSeconds(10))).isEqualTo(143);
        System.out.println("stopped, after its batch, after "
                + Duration.ofNanos(System.nanoTime() - released).toMillis() + " ms");
        // every row is a record's, and what was in hand was neither rolled back nor left uncommitted
        assertThat(stage.ledger().committed(Kind.RUNS).values().stream()
                        .mapToLong(Long::longValue)
                        .sum())
                .as("committed, beyond the first ten")
                .isEqualTo(count(Kind.RUNS))
                .isGreaterThan(10);

        WorkerProcess second = stage.startWorker();
        stage.settle();

        assertThat(second.metric("tracker_events_total", "outcome=\"unchanged\""))
                .as("delivered again")
                .isZero();
    }

    @Test
    @MatrixRow(4)
    void aWorkerToldToStopWhileTheDatabaseIsAwayCommitsNothingAndExitsByItsDeadline() throws Exception {
        // the time-outs as by default, longer than the deadline
        WorkerProcess first = stage.startWorker(LONG_STATEMENTS);
        stage.publish(Kind.RUNS, 10);
        stage.settle();
        Map<Integer, Long> before = stage.ledger().committed(Kind.RUNS);
        try (Connection lock = lockTable(Kind.RUNS, "ACCESS EXCLUSIVE")) {
            stage.publish(Kind.RUNS, 300);
            awaitBlockedStatement("WITH offered%");
            // a scheduled task's must not hold up the stop, either
            awaitBlockedStatement("SELECT count(*)%");
            stage.databaseProxy().blackHole();
            assertThat(lock.isClosed()).isFalse();
        }

        System.out.println("stopped, with a statement that is not answered, after "
                + first.stop(Duration.ofSeconds(29)).toMillis() + " ms");

        assertThat(stage.ledger().committed(Kind.RUNS)).isEqualTo(before);
        assertThat(stage.ledger().deadLetters(Kind.RUNS)).isEmpty();
        stage.databaseProxy().pass();
        stage.startWorker();
        stage.settle();
    }

    @Test
    @MatrixRow(4)
    void aWorkerThatWaitsStopsAtOnce() {
        WorkerProcess first = stage.startWorker();
        stage.publish(Kind.RUNS, 10);
        stage.settle();
        stage.databaseProxy().refuse();
        Map<Integer, Long> before = stage.ledger().committed(Kind.RUNS);
        stage.publish(Kind.RUNS, 300);
        await().atMost(Stage.LIMIT).until(first::isPaused);

        System.out.println("stopped, while it waited, after "
                + first.stop(Duration.ofSeconds(10)).toMillis() + " ms");

        assertThat(stage.ledger().committed(Kind.RUNS)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @MatrixRow(4)
    void aWorkerToldToStopWhileTheBrokerIsAwayExitsByItsDeadline(boolean frozen) throws Exception {
        // as by default
        WorkerProcess worker = stage.startWorker(Map.of(
                "spring.kafka.producer.properties.delivery.timeout.ms", "20000",
                "spring.kafka.producer.properties.request.timeout.ms", "10000",
                "spring.kafka.producer.properties.max.block.ms", "10000"));
        stage.publish(Kind.RUNS, 10);
        stage.settle();
        Duration[] took = {Duration.ZERO};
        try (Connection lock = lockTable(Kind.RUNS)) {
            // a batch in hand, whose offsets cannot be committed, and a letter that cannot be sent
            stage.ledger().bad(Kind.RUNS, Wire.key(stage.organization(0)), null, "unreadable");
            stage.publish(Kind.RUNS, 200);
            awaitBlockedStatement();
            Meanwhile<SQLException> stop = () -> {
                lock.rollback();
                took[0] = worker.stop(Duration.ofSeconds(29));
            };
            if (frozen) {
                Stage.broker().whileFrozen(stop);
            } else {
                Stage.broker().whileDown(Signal.TERM, stop);
            }
        }
        System.out.println("stopped, without a broker, after " + took[0].toMillis() + " ms");
        assertThat(stage.ledger().isCommitted()).isFalse();
    }

    @Test
    @MatrixRow({6, 10})
    void aConsumerThatHangsTurnsLivenessDownAndOneThatWaitsDoesNot() {
        WorkerProcess worker = stage.startWorker(Map.of(
                "spring.datasource.hikari.data-source-properties.socketTimeout", "0",
                "spring.datasource.hikari.connection-init-sql", "SET TIME ZONE 'UTC'; SET enable_seqscan = off",
                "spring.kafka.consumer.properties.max.poll.interval.ms", "6000"));
        stage.publish(Kind.RUNS, 10);
        stage.settle();
        stage.injections().raise("40001", 1_000);
        stage.publish(Kind.RUNS, 200);
        await().atMost(Stage.LIMIT).until(() -> worker.retries("database_busy") > 7);
        assertThat(worker.status("/actuator/health/liveness")).isEqualTo(OptionalInt.of(200));

        // a request that is never answered, nor given up: nobody would notice but for liveness
        stage.databaseProxy().trap(TcpProxy.Trap.HOLD_REQUEST, 2_000);

        await().atMost(Stage.LIMIT)
                .until(() -> worker.status("/actuator/health/liveness").equals(OptionalInt.of(503)));
        assertThat(stage.databaseProxy().trapped()).isPositive();
        stage.injections().stopRaising();
        stage.databaseProxy().pass();
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
        Map<Integer, Long> committed = stage.ledger().committed(Kind.RUNS);
        List<String> rows = rowsAndTheirTransactions();

        // now the zombie's statement arrives, and nobody else has anything to write
        long statements = stage.injections().statements();
        stage.databaseProxy().pass();
        await().atMost(Stage.LIMIT).until(() -> stage.injections().statements() > statements);
        zombie.signal(Signal.CONT);
        await("the zombie hears that nothing was newer")
                .atMost(Stage.LIMIT)
                .until(() -> zombie.metric("tracker_events_total", "outcome=\"unchanged\"") > 0);

        assertThat(rowsAndTheirTransactions()).isEqualTo(rows);
        stage.publish(Kind.RUNS, 50);
        stage.settle();
        stage.ledger()
                .committed(Kind.RUNS)
                .forEach((partition, offset) -> assertThat(offset)
                        .as("offset committed in partition %d", partition)
                        .isGreaterThanOrEqualTo(committed.getOrDefault(partition, 0L)));
    }

    @Test
    @MatrixRow(19)
    void aBatchWhoseOffsetsCannotBeCommittedIsDeliveredAgainAndChangesNothing() throws Exception {
        WorkerProcess worker = stage.startWorker();
        stage.publish(Kind.RUNS, 10);
        stage.settle();
        try (Connection lock = lockTable(Kind.RUNS)) {
            stage.publish(Kind.RUNS, 200);
            awaitBlockedStatement();
            // as after a session that ended: the group no longer knows who has the batch in hand
            stage.expelMembers();
            assertThat(lock.isClosed()).isFalse();
        }
        stage.settle();
        assertThat(worker.log()).contains("a batch is polled again");
        assertThat(worker.metric("tracker_events_total", "outcome=\"unchanged\""))
                .as("delivered again")
                .isPositive();
        assertThat(worker.metric("tracker_events_total", "outcome=\"inserted\""))
                .isEqualTo(210);
    }

    @Test
    @MatrixRow(19)
    void aPartitionThatIsTakenFromAWorkerThatWaitsIsNotHeldUp() {
        WorkerProcess waiting = stage.startWorker();
        stage.publish(Kind.RUNS, 10);
        stage.settle();
        stage.databaseProxy().refuse();
        stage.publish(Kind.RUNS, 200);
        await().atMost(Stage.LIMIT).until(waiting::isPaused);

        // two more consumers, whose way to the database is open
        Map<String, String> direct =
                Map.of("spring.datasource.url", stage.jdbcUrl(Stage.postgres().port()));
        WorkerProcess other = stage.startWorker(direct);
        waiting.signal(Signal.TERM);
        stage.settle();

        assertThat(waiting.exitCode(Duration.ofSeconds(10))).isEqualTo(143);
        assertThat(other.metric("tracker_events_total", "outcome=\"inserted\"")).isEqualTo(200);
        assertThat(other.retries("database_away")).isZero();
    }

    @Test
    @MatrixRow(12)
    void workersThatMeetTheSameRowsInOppositeOrderDoNotDeadlock() {
        Map<String, String> onePartitionEach = Map.of("tracker.feeds.pipeline-runs.concurrency", "1");
        WorkerProcess one = stage.startWorker(onePartitionEach);
        WorkerProcess other = stage.startWorker(onePartitionEach);
        await("each has one of the partitions").atMost(Stage.LIMIT).until(() -> stage.isEachMembersShare(Kind.RUNS, 1));
        int keys = 200;
        int first = stage.keys(keys);
        // rows are made once, so that all that follows are updates, which lock
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < keys; i++) {
                int up = first + i;
                int down = first + keys - 1 - i;
                stage.ledger().good(Kind.RUNS, 0, stage.organization(up), up, 2 * round);
                stage.ledger().good(Kind.RUNS, 1, stage.organization(down), down, 2 * round + 1);
            }
            stage.ledger().flush();
        }
        stage.settle();
        for (WorkerProcess worker : List.of(one, other)) {
            assertThat(worker.metric("tracker_events_total", "feed=\"pipeline-runs\""))
                    .as("of its partition")
                    .isEqualTo((double) ROUNDS * keys);
            assertThat(worker.retries("database_busy")).as("deadlocks").isZero();
        }
        assertThat(stage.database()
                        .sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
                        .query(Long.class)
                        .single())
                .isZero();
    }

    /** Every row of the runs, and what wrote it last. */
    private List<String> rowsAndTheirTransactions() {
        return stage.database()
                .sql("SELECT source_id || ' ' || records_processed || ' ' || xmin FROM analytics_pipeline_history"
                        + " ORDER BY 1")
                .query(String.class)
                .list();
    }

    /** Holds up every write to the table until it is closed. */
    private Connection lockTable(Kind kind) throws SQLException {
        return lockTable(kind, "EXCLUSIVE");
    }

    private Connection lockTable(Kind kind, String mode) throws SQLException {
        Connection connection = Stage.postgres().connection(stage.databaseName());
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("LOCK TABLE " + kind.table() + " IN " + mode + " MODE");
        }
        return connection;
    }

    private void awaitBlockedStatement() {
        awaitBlockedStatement("%");
    }

    /** One of the workers' that is like this waits for a lock. */
    private void awaitBlockedStatement(String pattern) {
        await().atMost(Stage.LIMIT)
                .until(() -> stage.database()
                                .sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                                        + " AND datname = current_database() AND application_name = 'pipeline-tracker'"
                                        + " AND query LIKE ?")
                                .param(pattern)
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

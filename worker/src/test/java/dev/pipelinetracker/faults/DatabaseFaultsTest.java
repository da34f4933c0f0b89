package dev.pipelinetracker.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** PostgreSQL in trouble: one worker lives through all of it, in its group, and rejects nothing. */
@TestInstance(Lifecycle.PER_CLASS)
class DatabaseFaultsTest {

    private final Stage stage = Stage.open("database");
    private WorkerProcess worker;
    private Set<String> members;

    @BeforeAll
    void start() {
        // one feed whose partitions share a consumer
        worker = stage.startWorker(Map.of("tracker.feeds.visualizations.concurrency", "1"));
        for (Kind kind : Kind.values()) {
            stage.publish(kind, 20);
        }
        stage.settle();
        members = stage.members(Kind.RUNS);
        assertThat(members).isNotEmpty();
    }

    @AfterAll
    void stop() {
        stage.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = Signal.class,
            names = {"INT", "QUIT"})
    @MatrixRow({5, 10})
    void anOutageLongerThanThePollIntervalIsWaitedForInTheGroup(Signal how) {
        publishAll(100);
        Stage.postgres().whileDown(how, () -> {
            publishAll(100);
            await().atMost(Stage.LIMIT).until(worker::isPaused);
            Map<Integer, Long> committed = stage.ledger().committed(Kind.RUNS);
            assertThat(worker.status("/actuator/health/liveness")).isEqualTo(OptionalInt.of(200));
            assertThat(worker.status("/actuator/health/dependencies")).isEqualTo(OptionalInt.of(503));
            assertThat(worker.retries("database_away")).isPositive();
            // max.poll.interval is 10 s here, and so is what liveness allows a consumer that does nothing
            Duration outage = how == Signal.QUIT ? Duration.ofSeconds(13) : Duration.ofSeconds(1);
            await().pollDelay(outage).atMost(Stage.LIMIT).until(worker::isAlive);
            assertThat(worker.status("/actuator/health/liveness"))
                    .as("liveness at the end of the outage")
                    .isEqualTo(OptionalInt.of(200));
            assertThat(stage.ledger().committed(Kind.RUNS)).isEqualTo(committed);
        });

        awaitBackAtWork();
        settleUndisturbed();
        assertThat(worker.status("/actuator/health/dependencies")).isEqualTo(OptionalInt.of(200));
    }

    @Test
    @MatrixRow(6)
    void aFrozenServerIsGivenUpAndTriedAgain() {
        Stage.postgres().whileFrozen(() -> {
            publishAll(50);
            await().atMost(Stage.LIMIT).until(worker::isPaused);
        });
        awaitBackAtWork();
        settleUndisturbed();
    }

    @Test
    @MatrixRow(6)
    void aBlackHoleIsGivenUpAndTriedAgain() {
        stage.databaseProxy().blackHole();
        publishAll(50);
        await().atMost(Stage.LIMIT).until(() -> worker.isPaused());
        stage.databaseProxy().reset();
        stage.databaseProxy().pass();
        awaitBackAtWork();
        settleUndisturbed();
    }

    @Test
    @MatrixRow(7)
    void aConnectionThatIsResetInsteadOfAnsweredIsSettledByTheRetry() {
        double unchanged = worker.metric("tracker_events_total", "outcome=\"unchanged\"");
        stage.databaseProxy().trap(TcpProxy.Trap.RESET_INSTEAD_OF_ANSWER, 2_000);
        stage.publish(Kind.RUNS, 100);
        settleUndisturbed();
        assertThat(stage.databaseProxy().trapped()).isEqualTo(1);
        assertThat(worker.metric("tracker_events_total", "outcome=\"unchanged\"") - unchanged)
                .as("stored by the statement whose answer was lost")
                .isPositive();
        stage.databaseProxy().pass();
    }

    @Test
    @MatrixRow(8)
    void aKilledBackendTakesTheServerDownAndTheWorkerResumes() throws SQLException {
        try (Connection lock = lock("LOCK TABLE analytics_pipeline_history IN EXCLUSIVE MODE")) {
            stage.publish(Kind.RUNS, 100);
            Long backend = await().atMost(Stage.LIMIT).until(this::blockedBackend, pid -> pid > 0);
            Signal.KILL.to(backend);
            assertThat(lock).isNotNull();
        } catch (SQLException e) {
            // the server closed the lock's connection, too
        }
        settleUndisturbed();
    }

    @Test
    @MatrixRow(8)
    void terminatedBackendsAreReplaced() {
        publishAll(100);
        terminateBackends();
        publishAll(100);
        settleUndisturbed();
    }

    @Test
    @MatrixRow(9)
    void connectionsToAReadOnlyServerAreReplacedOnceItIsWritable() {
        double before = worker.retries("database_read_only");
        Set<Long> backends = backends();
        assertThat(backends).isNotEmpty();
        // sessions that exist lead to what has become read-only, as after a failover; new ones are refused
        alterSystem("SET default_transaction_read_only = on");
        publishAll(50);
        await().atMost(Stage.LIMIT).until(() -> worker.retries("database_read_only") > before);
        alterSystem("RESET default_transaction_read_only");
        awaitBackAtWork();
        settleUndisturbed();
        // they would be writable again: only an evicting pool has let go of those that said 25006
        assertThat(backends()).isNotEmpty().doesNotContainAnyElementsOf(backends);
    }

    @Test
    @MatrixRow(11)
    void aServerWithoutAFreeConnectionIsWaitedFor() throws SQLException {
        double before = worker.retries("database_busy");
        List<Connection> greedy = new ArrayList<>();
        try {
            // A connection that was just being made may slip through: then the worker needs none, until it is
            // terminated.
            await("the worker waits for a connection").atMost(Stage.LIMIT).until(() -> {
                terminateBackends();
                takeFreeConnections(greedy);
                publishAll(1);
                return worker.retries("database_busy") > before;
            });
        } finally {
            for (Connection connection : greedy) {
                connection.close();
            }
        }
        settleUndisturbed();
    }

    private static void takeFreeConnections(List<Connection> greedy) {
        while (greedy.size() < FaultyPostgres.MAX_CONNECTIONS) {
            try {
                greedy.add(Stage.postgres().dataSource("postgres").getConnection("tracker_worker", "not-a-secret"));
            } catch (SQLException e) {
                assertThat(e.getSQLState()).isEqualTo("53300");
                return;
            }
        }
    }

    /** The worker's. */
    private Set<Long> backends() {
        return new TreeSet<>(stage.database()
                .sql(
                        "SELECT pid FROM pg_stat_activity WHERE usename = 'tracker_worker' AND datname = current_database()")
                .query(Long.class)
                .list());
    }

    @Test
    @MatrixRow(11)
    void aRowThatSomebodyElseLocksIsWaitedForAndItsNeighboursAreStored() throws SQLException {
        int rows = 8;
        int first = stage.keys(rows);
        UUID organization = stage.organization(0);
        for (int key = first; key < first + rows; key++) {
            stage.ledger().good(Kind.RUNS, organization, key, 0);
        }
        settleUndisturbed();
        double before = worker.retries("database_slow");
        int locked = first + 6;
        try (Connection lock = lock("SELECT 1 FROM analytics_pipeline_history WHERE source_id = '" + Kind.source(locked)
                + "' FOR UPDATE")) {
            for (int key = first; key < first + rows; key++) {
                stage.ledger().good(Kind.RUNS, organization, key, 1);
            }
            stage.ledger().flush();
            await("all but one").atMost(Stage.LIMIT).until(() -> updated(first, rows) == rows - 1);
            assertThat(worker.retries("database_slow")).isGreaterThan(before);
            assertThat(stage.ledger().isCommitted()).isFalse();
            assertThat(lock.isClosed()).isFalse();
        }
        settleUndisturbed();
    }

    /** How many of these runs are at version 1. */
    private long updated(int first, int rows) {
        return stage.database()
                .sql(
                        "SELECT count(*) FROM analytics_pipeline_history WHERE records_processed = 1 AND source_id = ANY(?)")
                .param(IntStream.range(first, first + rows)
                        .mapToObj(Kind::source)
                        .toArray(String[]::new))
                .query(Long.class)
                .single();
    }

    @Test
    @MatrixRow(12)
    void deadlocksAreTriedAgain() {
        double before = worker.retries("database_busy");
        stage.injections().raise("40P01", 3);
        stage.publish(Kind.RUNS, 100);
        settleUndisturbed();
        assertThat(worker.retries("database_busy") - before).isEqualTo(3);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a grant | REVOKE INSERT ON analytics_pipeline_history FROM tracker_worker"
                        + " | GRANT INSERT ON analytics_pipeline_history TO tracker_worker",
                "a column | ALTER TABLE analytics_pipeline_history RENAME error_message TO away"
                        + " | ALTER TABLE analytics_pipeline_history RENAME away TO error_message",
                "the sequence | ALTER SEQUENCE analytics_pipeline_history_id_seq MAXVALUE 1000000 RESTART 1000000"
                        + " | ALTER SEQUENCE analytics_pipeline_history_id_seq MAXVALUE 2147483647 RESTART 1000001",
                "the table | ALTER TABLE analytics_pipeline_history RENAME TO gone"
                        + " | ALTER TABLE gone RENAME TO analytics_pipeline_history"
            })
    @MatrixRow(16)
    void whatOnlyAPersonCanMendStopsTheFeedLoudlyUntilItIsMended(String what, String damage, String mend) {
        double before = worker.retries("database_stopped");
        Map<Integer, Long> committed = stage.ledger().committed(Kind.RUNS);
        stage.database().sql(damage).update();
        stage.publish(Kind.RUNS, 50);
        await(what).atMost(Stage.LIMIT).until(() -> worker.retries("database_stopped") > before + 1);
        assertThat(worker.isPaused()).isTrue();
        assertThat(worker.log()).contains("until somebody mends the database");
        assertThat(stage.ledger().committed(Kind.RUNS)).isEqualTo(committed);
        assertThat(worker.status("/actuator/health/liveness")).isEqualTo(OptionalInt.of(200));

        stage.database().sql(mend).update();

        settleUndisturbed();
    }

    private void publishAll(int count) {
        for (Kind kind : Kind.values()) {
            stage.publish(kind, count);
        }
    }

    /** The first commit after the database's return. */
    private void awaitBackAtWork() {
        long since = System.nanoTime();
        await("back at work")
                .atMost(Stage.BACK_AT_WORK)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> !worker.isPaused());
        System.out.println("back at work after "
                + Duration.ofNanos(System.nanoTime() - since).toMillis() + " ms");
    }

    /** All accounted for, nothing rejected, and nobody has left the group. */
    private void settleUndisturbed() {
        Account account = stage.settle();
        assertThat(account.deadLetters()).isEmpty();
        assertThat(stage.members(Kind.RUNS)).isEqualTo(members);
        assertThat(worker.isAlive()).isTrue();
    }

    private void terminateBackends() {
        stage.database()
                .sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tracker_worker'"
                        + " AND datname = current_database()")
                .query(Boolean.class)
                .list();
    }

    private void alterSystem(String change) {
        // a new session would be read-only, too
        try (Connection connection = Stage.postgres().connection("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("SET default_transaction_read_only = off");
            statement.execute("ALTER SYSTEM " + change);
            statement.execute("SELECT pg_reload_conf()");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private Connection lock(String statement) throws SQLException {
        Connection connection = Stage.postgres().connection(stage.databaseName());
        connection.setAutoCommit(false);
        try (Statement lock = connection.createStatement()) {
            lock.execute(statement);
        }
        return connection;
    }

    private Long blockedBackend() {
        return stage.database()
                .sql("SELECT coalesce(max(pid), 0) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                        + " AND datname = current_database()")
                .query(Long.class)
                .single();
    }
}

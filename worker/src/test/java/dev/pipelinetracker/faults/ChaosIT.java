package dev.pipelinetracker.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Random faults, one after the other, while events are published without a pause: {@code mvn -Pchaos verify}.
 *
 * <p>{@code -Dchaos.minutes} says how long (20), {@code -Dchaos.seed} repeats an order of faults, {@code -Dchaos.rate} is
 * the number of events in a second (1,000). Ends with the account, or with what is wrong with it.
 */
class ChaosIT {

    private static final Duration MINUTES =
            Duration.ofSeconds((long) (60 * Double.parseDouble(property("minutes", "20"))));
    private static final long SEED = Long.parseLong(property("seed", Long.toString(System.nanoTime() % 1_000_000)));
    private static final int RATE = Integer.parseInt(property("rate", "1000"));
    /** Of the published, one in so many is bad. */
    private static final int ONE_IN = 2_000;
    /** Keys of bad events only: one that is older than its row is never offered to the database, and so not refused. */
    private static final int UNTOUCHED = 1_000_000_000;

    private final Stage stage = Stage.open("chaos");
    private final Random random = new Random(SEED);
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final Map<String, Integer> injected = new TreeMap<>();
    private final Map<String, Duration> longestRecovery = new TreeMap<>();
    private WorkerProcess worker = stage.startWorker();
    private volatile @Nullable Throwable publisherFailed;

    private static String property(String name, String fallback) {
        return System.getProperty("chaos." + name, fallback);
    }

    /** Does its worst for a while, and leaves everything as it was. */
    private interface Fault {
        void inject() throws Exception;
    }

    private final Map<String, Fault> faults = new TreeMap<>(Map.ofEntries(
            Map.entry("database stopped fast", () -> stopDatabase(Signal.INT)),
            Map.entry("database stopped at once", () -> stopDatabase(Signal.QUIT)),
            Map.entry("database frozen", this::freezeDatabase),
            Map.entry("backend killed", this::killBackend),
            Map.entry("backends terminated", this::terminateBackends),
            Map.entry("database read-only", this::readOnly),
            Map.entry("deadlocks", () -> raise("40P01")),
            Map.entry("out of memory in the database", () -> raise("53200")),
            Map.entry("table locked", this::lockTable),
            Map.entry("grant revoked", this::revokeGrant),
            Map.entry("connections reset", () -> stage.databaseProxy().reset()),
            Map.entry("connection reset instead of an answer", this::loseAnswer),
            Map.entry("database refuses connections", this::refuse),
            Map.entry("database in a black hole", this::blackHole),
            Map.entry("network slow", this::slow),
            Map.entry("broker stopped", () -> stopBroker(Signal.TERM)),
            Map.entry("broker killed", () -> stopBroker(Signal.KILL)),
            Map.entry("broker frozen", this::freezeBroker),
            Map.entry("worker killed", this::killWorker),
            Map.entry("worker told to stop", this::stopWorker),
            Map.entry("worker frozen", this::freezeWorker)));

    @AfterEach
    void stop() {
        stage.close();
    }

    @Test
    void everyEventIsAccountedForWhateverHappens() throws Exception {
        System.out.printf("chaos: seed %d, %d minutes, %d events/s%n", SEED, MINUTES.toMinutes(), RATE);
        Thread publisher = new Thread(this::publish, "chaos-publisher");
        publisher.start();
        long end = System.nanoTime() + MINUTES.toNanos();
        List<String> order = new ArrayList<>();
        Duration longestStall = Duration.ZERO;
        try {
            while (System.nanoTime() < end) {
                if (order.isEmpty()) {
                    order.addAll(faults.keySet());
                    Collections.shuffle(order, random);
                }
                String name = order.remove(order.size() - 1);
                long struck = System.nanoTime();
                java.util.Objects.requireNonNull(faults.get(name)).inject();
                long over = System.nanoTime();
                awaitProgress(name);
                Duration recovery = Duration.ofNanos(System.nanoTime() - over);
                Duration stall = Duration.ofNanos(System.nanoTime() - struck);
                longestStall = stall.compareTo(longestStall) > 0 ? stall : longestStall;
                injected.merge(name, 1, Integer::sum);
                longestRecovery.merge(name, recovery, (one, other) -> one.compareTo(other) > 0 ? one : other);
                LockSupport.parkNanos(Duration.ofMillis(random.nextInt(1_500)).toNanos());
            }
        } finally {
            stopping.set(true);
            publisher.join();
        }
        assertThat(publisherFailed).isNull();

        Ledger.Account account = stage.ledger().settle(Duration.ofMinutes(5));
        stage.settle();

        System.out.printf("chaos: seed %d%n", SEED);
        System.out.printf("  events produced  %,d%n", account.produced());
        System.out.printf("  rows             %,d%n", account.rows());
        System.out.printf(
                "  dead letters     %s, sent more than once: %d%n", account.deadLetters(), account.repeated());
        System.out.printf("  lost             0, rows gone back 0, good events dead-lettered 0%n");
        System.out.printf("  durability       looked at %d times%n", stage.looks());
        System.out.printf(
                "  faults           %d of %d kinds%n",
                injected.values().stream().mapToInt(Integer::intValue).sum(), injected.size());
        injected.forEach((name, count) -> System.out.printf(
                "    %-40s %3d  longest recovery %,6d ms%n",
                name, count, longestRecovery.getOrDefault(name, Duration.ZERO).toMillis()));
        System.out.printf("  longest from a fault's begin to the next commit  %,d ms%n", longestStall.toMillis());
    }

    private void publish() {
        Random own = new Random(SEED);
        long started = System.nanoTime();
        try {
            for (long n = 0; !stopping.get(); n++) {
                long due = started + n * 1_000_000_000L / RATE;
                long early = due - System.nanoTime();
                if (early > 1_000_000) {
                    LockSupport.parkNanos(early);
                }
                publishOne(own, n);
            }
        } catch (RuntimeException e) {
            publisherFailed = e;
        }
    }

    /** A key lives for some thousand events, so that rows are made, updated, and met by late and repeated events. */
    private void publishOne(Random own, long n) {
        Kind kind = n % 10 < 8 ? Kind.RUNS : n % 10 == 8 ? Kind.INSIGHTS : Kind.CHARTS;
        int key = (int) (n / 3_000) * 1_000 + own.nextInt(2_000);
        UUID organization = stage.organization(key);
        if (own.nextInt(ONE_IN) == 0) {
            publishBad(own, organization, UNTOUCHED + (int) n);
            return;
        }
        stage.ledger().good(kind, organization, key, own.nextInt(1_900));
    }

    private void publishBad(Random own, UUID organization, int key) {
        PipelineRun run = (PipelineRun) Kind.RUNS.event(organization, key, own.nextInt(900));
        String reason;
        switch (own.nextInt(3)) {
            case 0 -> {
                run.setSourceName(Injections.POISON + "22001");
                reason = "refused_by_database";
            }
            case 1 -> {
                run.setDurationSeconds(Double.NaN);
                reason = "invalid";
            }
            default -> {
                stage.ledger().bad(Kind.RUNS, Wire.key(organization), new byte[] {1, 2, 3}, "unreadable");
                return;
            }
        }
        stage.ledger().bad(Kind.RUNS, Wire.key(organization), Wire.bytes(run), reason);
    }

    /** A commit of an offset that did not exist when the fault was over. */
    private void awaitProgress(String fault) {
        long target = stage.ledger().published(Kind.RUNS);
        await(fault + ", seed " + SEED)
                .atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptions()
                .until(() -> stage.ledger().committed(Kind.RUNS).values().stream()
                                .mapToLong(Long::longValue)
                                .sum()
                        >= target);
    }

    private Duration aWhile() {
        return Duration.ofMillis(500 + random.nextInt(4_000));
    }

    private static void pass(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }

    private void stopDatabase(Signal how) {
        Stage.postgres().stop(how);
        pass(aWhile());
        Stage.postgres().startAgain();
    }

    private void freezeDatabase() {
        Stage.postgres().freeze();
        pass(aWhile());
        Stage.postgres().thaw();
    }

    private void killBackend() {
        Long pid = stage.database()
                .sql("SELECT coalesce(max(pid), 0) FROM pg_stat_activity WHERE usename = 'tracker_worker'")
                .query(Long.class)
                .single();
        if (pid > 0) {
            Signal.KILL.to(pid);
        }
    }

    private void terminateBackends() {
        stage.database()
                .sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tracker_worker'")
                .query(Boolean.class)
                .list();
    }

    private void readOnly() throws SQLException {
        try (Connection connection = Stage.postgres().connection("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("SET default_transaction_read_only = off");
            statement.execute("ALTER SYSTEM SET default_transaction_read_only = on");
            statement.execute("SELECT pg_reload_conf()");
            pass(aWhile());
            statement.execute("ALTER SYSTEM RESET default_transaction_read_only");
            statement.execute("SELECT pg_reload_conf()");
        }
    }

    private void raise(String state) {
        stage.injections().raise(state, 1 + random.nextInt(6));
    }

    private void lockTable() throws SQLException {
        try (Connection connection = Stage.postgres().connection(stage.databaseName());
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("LOCK TABLE analytics_pipeline_history IN EXCLUSIVE MODE");
            pass(aWhile());
        }
    }

    private void revokeGrant() {
        stage.database()
                .sql("REVOKE UPDATE ON analytics_pipeline_history FROM tracker_worker")
                .update();
        pass(aWhile());
        stage.database()
                .sql("GRANT UPDATE ON analytics_pipeline_history TO tracker_worker")
                .update();
    }

    private void loseAnswer() {
        stage.databaseProxy().trap(TcpProxy.Trap.RESET_INSTEAD_OF_ANSWER, 2_000);
        pass(aWhile());
        stage.databaseProxy().pass();
    }

    private void refuse() {
        stage.databaseProxy().refuse();
        pass(aWhile());
        stage.databaseProxy().pass();
    }

    private void blackHole() {
        stage.databaseProxy().blackHole();
        pass(aWhile());
        stage.databaseProxy().pass();
    }

    private void slow() {
        stage.databaseProxy().delay(Duration.ofMillis(50));
        pass(aWhile());
        stage.databaseProxy().pass();
    }

    private void stopBroker(Signal how) {
        Stage.broker().stop(how);
        pass(aWhile());
        Stage.broker().startAgain();
    }

    private void freezeBroker() {
        Stage.broker().freeze();
        pass(aWhile());
        Stage.broker().thaw();
    }

    private void killWorker() {
        worker.kill();
        worker = stage.startWorker();
    }

    private void stopWorker() {
        worker.signal(Signal.TERM);
        worker.exitCode(Duration.ofSeconds(35));
        worker = stage.startWorker();
    }

    private void freezeWorker() {
        worker.signal(Signal.STOP);
        // now and then past its session's end
        pass(Duration.ofMillis(500 + random.nextInt(8_000)));
        worker.signal(Signal.CONT);
    }
}

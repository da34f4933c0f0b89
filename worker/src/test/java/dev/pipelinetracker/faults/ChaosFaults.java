package dev.pipelinetracker.faults;

import dev.pipelinetracker.events.PipelineRun;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;

/** What can go wrong around two workers. Each fault lasts a while and leaves everything as it was. */
final class ChaosFaults {

    /** Does its worst and mends it. */
    interface Fault {
        void inject() throws Exception;

        /** Both at once; over when both are. */
        default Fault and(Fault other) {
            return () -> {
                FutureTask<Void> meanwhile = new FutureTask<>(() -> {
                    other.inject();
                    return null;
                });
                new Thread(meanwhile, "other-fault").start();
                try {
                    inject();
                } finally {
                    meanwhile.get();
                }
            };
        }
    }

    private final Stage stage;
    private final Random random;
    private final List<WorkerProcess> workers = new ArrayList<>();

    /** Around a stage's two workers, which are started; lasting as long as {@code random} says. */
    ChaosFaults(Stage stage, Random random) {
        this.stage = stage;
        this.random = random;
        workers.add(stage.startWorker());
        workers.add(stage.startWorker());
    }

    /** By name. */
    Map<String, Fault> all() {
        Map<String, Fault> all = new TreeMap<>(ofTheDatabase());
        all.putAll(Map.ofEntries(
                Map.entry("backend killed", this::killBackend),
                Map.entry("backends terminated", this::terminateBackends),
                Map.entry("deadlocks", () -> stage.injections().raise("40P01", 1 + random.nextInt(6))),
                Map.entry(
                        "memory of the database short", () -> stage.injections().raise("53200", 1 + random.nextInt(6))),
                Map.entry("table locked", this::lockTable),
                Map.entry("grant revoked", this::revokeGrant),
                Map.entry("connections reset", () -> stage.databaseProxy().reset()),
                Map.entry("connection reset instead of an answer", this::loseAnswer),
                Map.entry("network to the database slow", this::slowDatabase),
                Map.entry("broker stopped", () -> Stage.broker().whileDown(Signal.TERM, this::passAWhile)),
                Map.entry("broker killed", () -> Stage.broker().whileDown(Signal.KILL, this::passAWhile)),
                Map.entry("broker frozen", () -> Stage.broker().whileFrozen(this::passAWhile)),
                Map.entry("dead-letter topic missing", this::deleteDeadLetterTopic),
                Map.entry("dead letters refused by their topic", this::refuseDeadLetters)));
        all.putAll(Map.of(
                "registry refuses connections",
                () -> withNewSchema(stage.registryProxy()::refuse),
                "registry in a black hole",
                () -> withNewSchema(stage.registryProxy()::blackHole),
                "registry slow",
                () -> withNewSchema(() -> stage.registryProxy().delay(Duration.ofMillis(700))),
                "registry out of order",
                () -> registryReplacedBy(StandInRegistry.outOfOrder()),
                "registry behind a gateway without a route",
                () -> registryReplacedBy(StandInRegistry.gatewayWithoutRoute())));
        all.putAll(Map.of(
                "worker killed", () -> restart(Signal.KILL, one()),
                "worker told to stop", () -> restart(Signal.TERM, one()),
                "both workers killed", () -> restart(Signal.KILL, List.copyOf(workers)),
                "worker started without a registry", this::startWithoutRegistry,
                "worker frozen", this::freezeWorker));
        return all;
    }

    /** What does not need the database to begin or to end: it may go wrong at the same time. */
    Map<String, Fault> besideTheDatabase() {
        return Map.of(
                "worker killed", () -> restart(Signal.KILL, one()),
                "worker told to stop", () -> restart(Signal.TERM, one()),
                "worker frozen", this::freezeWorker,
                "registry refuses connections", () -> withNewSchema(stage.registryProxy()::refuse),
                "registry in a black hole", () -> withNewSchema(stage.registryProxy()::blackHole));
    }

    /** As long as operators may need: a minute without a database, half a minute without a broker. */
    Map<String, Fault> lasting() {
        return Map.of(
                "database stopped for a minute", () -> Stage.postgres().whileDown(Signal.INT, () -> pass(60_000)),
                "broker stopped for half a minute", () -> Stage.broker().whileDown(Signal.TERM, () -> pass(30_000)));
    }

    /** Those after which the database is back, and the first commit must follow within the promised time. */
    Map<String, Fault> ofTheDatabase() {
        return Map.of(
                "database stopped fast",
                () -> Stage.postgres().whileDown(Signal.INT, this::passAWhile),
                "database stopped at once",
                () -> Stage.postgres().whileDown(Signal.QUIT, this::passAWhile),
                "database frozen",
                () -> Stage.postgres().whileFrozen(this::passAWhile),
                "database refuses connections",
                this::refuseDatabase,
                "database in a black hole",
                this::blackHoleDatabase,
                "database read-only",
                this::readOnly);
    }

    private void passAWhile() {
        pass(500 + random.nextInt(3_500));
    }

    private static void pass(long millis) {
        LockSupport.parkNanos(Duration.ofMillis(millis).toNanos());
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
            passAWhile();
            statement.execute("ALTER SYSTEM RESET default_transaction_read_only");
            statement.execute("SELECT pg_reload_conf()");
        }
    }

    private void lockTable() throws SQLException {
        try (Connection connection = Stage.postgres().connection(stage.databaseName());
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("LOCK TABLE analytics_pipeline_history IN EXCLUSIVE MODE");
            passAWhile();
        }
    }

    private void revokeGrant() {
        stage.database()
                .sql("REVOKE UPDATE ON analytics_pipeline_history FROM tracker_worker")
                .update();
        passAWhile();
        stage.database()
                .sql("GRANT UPDATE ON analytics_pipeline_history TO tracker_worker")
                .update();
    }

    private void loseAnswer() {
        stage.databaseProxy().trap(TcpProxy.Trap.RESET_INSTEAD_OF_ANSWER, 2_000);
        passAWhile();
        stage.databaseProxy().pass();
    }

    private void refuseDatabase() {
        stage.databaseProxy().refuse();
        passAWhile();
        stage.databaseProxy().pass();
    }

    private void blackHoleDatabase() {
        stage.databaseProxy().blackHole();
        passAWhile();
        stage.databaseProxy().pass();
    }

    private void slowDatabase() {
        stage.databaseProxy().delay(Duration.ofMillis(50));
        passAWhile();
        stage.databaseProxy().pass();
    }

    private void deleteDeadLetterTopic() {
        stage.ledger().deleteDeadLetterTopic(Kind.RUNS);
        publishBad();
        passAWhile();
        stage.ledger().createDeadLetterTopic(Kind.RUNS);
    }

    private void refuseDeadLetters() {
        String topic = stage.ledger().deadLetterTopic(Kind.RUNS);
        Stage.broker().limitRecords(topic, 1);
        publishBad();
        passAWhile();
        Stage.broker().limitRecords(topic, FaultyBroker.LARGEST_RECORD);
    }

    private void publishBad() {
        stage.ledger().bad(Kind.RUNS, Wire.key(stage.organization(random.nextInt(4))), new byte[0], "unreadable");
    }

    private void registryReplacedBy(StandInRegistry other) {
        int port = stage.registryProxy().target();
        try (other) {
            withNewSchema(() -> {
                stage.registryProxy().target(other.port());
                stage.registryProxy().reset();
            });
        } finally {
            stage.registryProxy().target(port);
            stage.registryProxy().reset();
        }
    }

    /** What workers know they need not ask for: so publishers have a schema that is new to them. */
    private void withNewSchema(Runnable trouble) {
        trouble.run();
        Wire.renewSchema(PipelineRun.class);
        passAWhile();
        stage.registryProxy().pass();
    }

    private void startWithoutRegistry() {
        stage.registryProxy().refuse();
        restart(Signal.KILL, one());
        passAWhile();
        stage.registryProxy().pass();
    }

    private List<WorkerProcess> one() {
        return List.of(workers.get(random.nextInt(workers.size())));
    }

    private void restart(Signal how, List<WorkerProcess> those) {
        those.forEach(worker -> worker.signal(how));
        for (WorkerProcess worker : those) {
            worker.exitCode(Duration.ofSeconds(35));
            workers.set(workers.indexOf(worker), stage.startWorker());
        }
    }

    private void freezeWorker() {
        WorkerProcess worker = one().get(0);
        worker.signal(Signal.STOP);
        // now and then past its session's end: then the other takes over
        pass(500 + random.nextInt(8_000));
        worker.signal(Signal.CONT);
    }
}

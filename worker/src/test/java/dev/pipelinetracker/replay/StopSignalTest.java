package dev.pipelinetracker.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StopSignalTest {

    private static final int EVENTS = 400;
    private static final Duration SOON = Duration.ofSeconds(60);

    @Test
    void whileNothingIsInHandTheJvmMayGoAtOnce() throws Exception {
        try (StopSignal signal = StopSignal.installed()) {
            CompletableFuture.runAsync(signal::stopAndWait).get(10, TimeUnit.SECONDS);

            assertThat(signal.isWanted()).isTrue();
        }
    }

    @Test
    void sigtermFinishesTheBatchInHandOfAReplayAndTheRestIsResumed(@TempDir Path folder) throws Exception {
        Database database = RealPostgres.freshDatabase();
        UUID organization = database.organization("One");
        String prefix = RunningWorker.createTopics(1);
        for (int i = 0; i < EVENTS; i++) {
            RealBroker.send(
                    prefix + "pipeline-runs",
                    Events.key(organization),
                    Events.bytes(PipelineRun.class, Events.run(organization, i)));
        }
        String[] command = {"replay", "--feed", "pipeline-runs", "--all", "--yes", "--rate", "100/s"};
        try (OperatorProcess replay = OperatorProcess.start(folder, prefix, database, command)) {
            await().atMost(SOON).until(() -> !replay.isAlive() || inserted(database) > 0);
            int before;
            try (Connection foreign = database.dataSource().getConnection();
                    Statement lock = foreign.createStatement()) {
                foreign.setAutoCommit(false);
                lock.execute("LOCK TABLE analytics_pipeline_history");
                await().atMost(SOON).until(() -> isWaiting(database));
                before = inserted(database);
                replay.terminate();
                await().atMost(SOON)
                        .during(Duration.ofSeconds(1))
                        .failFast("it has not waited for its batch", () -> !replay.isAlive())
                        .until(() -> true);
                foreign.rollback();
            }
            assertThat(replay.end(143)).contains("replay 1 stopped");
            assertThat(replay.errors()).contains("To go on from the checkpoint: replay --resume 1");
            assertThat(inserted(database)).as("with the batch in hand").isGreaterThan(before);
        }
        assertThat(inserted(database)).isEqualTo(rows(database)).isLessThan(EVENTS);

        try (OperatorProcess resumed =
                OperatorProcess.start(folder, prefix, database, "replay", "--resume", "1", "--yes")) {
            assertThat(resumed.end(0)).contains("replay 1 done: %d records: %1$d inserted".formatted(EVENTS));
        }
        assertThat(rows(database)).isEqualTo(EVENTS);
    }

    private static boolean isWaiting(Database database) {
        return count(
                        database,
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
                > 0;
    }

    private static int inserted(Database database) {
        return count(database, "SELECT coalesce(sum(inserted), 0) FROM tracker.replays");
    }

    private static int rows(Database database) {
        return count(database, "SELECT count(*) FROM analytics_pipeline_history");
    }

    private static int count(Database database, String query) {
        return database.sql().sql(query).query(Integer.class).single();
    }

    @Test
    void itWaitsForTheBatchInHand() throws Exception {
        StopSignal signal = StopSignal.installed();
        signal.workBegins();
        CompletableFuture<Void> gone = CompletableFuture.runAsync(signal::stopAndWait);
        // wakes up: the JVM is asked to end
        signal.sleep(Duration.ofMinutes(1));
        assertThat(gone).isNotDone();

        signal.close();

        gone.get(10, TimeUnit.SECONDS);
    }
}

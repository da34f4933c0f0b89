package dev.pipelinetracker.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.database.Migrations;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.faults.FaultyPostgres;
import dev.pipelinetracker.faults.Signal;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replay whose PostgreSQL is stopped under its hands, and started again. */
class LostDatabaseTest {

    private static final int EVENTS = 800;
    private static final Duration SOON = Duration.ofSeconds(90);

    @TempDir
    private Path folder;

    @Test
    void waitsForTheDatabaseAndGoesOnFromItsCheckpoint() {
        FaultyPostgres postgres = FaultyPostgres.start();
        Database database = new Database(
                "postgres", "jdbc:postgresql://127.0.0.1:%d/postgres".formatted(postgres.port()), "postgres", "");
        new Migrations(postgres.dataSource("postgres")).migrate();
        UUID organization = database.organization("One");
        String prefix = RunningWorker.createTopics(2);
        byte[] value = Events.bytes(PipelineRun.class, Events.run(organization, 0));
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < EVENTS; i++) {
            records.add(new ProducerRecord<>(prefix + "pipeline-runs", i % 2, Events.key(organization), value));
        }
        RealBroker.sendAll(records);

        try (OperatorProcess replay = OperatorProcess.start(
                folder, prefix, database, "replay", "--feed", "pipeline-runs", "--all", "--yes", "--rate", "200/s")) {
            await().atMost(SOON).until(() -> done(database) > 0 || !replay.isAlive());
            postgres.whileDown(Signal.QUIT, () -> {
                await().atMost(SOON).until(() -> replay.errors().contains("waiting") || !replay.isAlive());
                assertThat(replay.isAlive()).as(replay.errors()).isTrue();
            });

            assertThat(replay.end(0)).contains("replay 1 done: 800 records: 1 inserted, 0 updated, 799 unchanged");
        }
        assertThat(done(database)).isEqualTo(EVENTS);
        assertThat(database.sequence("analytics_pipeline_history")).isLessThan(40);
    }

    private static long done(Database database) {
        return database.sql()
                .sql("SELECT coalesce(sum(next_offset), 0) FROM tracker.replay_partitions")
                .query(Long.class)
                .single();
    }
}

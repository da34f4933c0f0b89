package dev.pipelinetracker.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.support.RunningWorker;
import dev.pipelinetracker.wire.EventEncoder;
import dev.pipelinetracker.wire.EventSchemas;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as an operator runs it, in a JVM of its own, killed at half. */
class InterruptedReplayTest {

    private static final int EVENTS = 2_000;
    private static final Duration SOON = Duration.ofSeconds(90);

    private final Database interrupted = RealPostgres.freshDatabase();
    private final Database uninterrupted = RealPostgres.freshDatabase();
    private final UUID organization = UUID.randomUUID();
    private final String prefix = RunningWorker.createTopics(3);

    @TempDir
    private Path folder;

    @Test
    void killedAtHalfAndResumedItEqualsAnUninterruptedOne() {
        for (Database database : List.of(interrupted, uninterrupted)) {
            database.sql()
                    .sql("INSERT INTO organizations (id, name, slug) VALUES (?, 'One', 'one')")
                    .param(organization)
                    .update();
        }
        publish();
        try (OperatorProcess killed =
                start(interrupted, "replay", "--feed", "pipeline-runs", "--all", "--yes", "--rate", "200/s")) {
            await().atMost(SOON)
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> !killed.isAlive() || checkpoint() >= EVENTS / 2);
            killed.kill();
            assertThat(checkpoint()).as(killed.errors()).isBetween(EVENTS / 2, EVENTS * 3 / 4);
        }
        try (OperatorSession session = OperatorSession.start(prefix, interrupted, Replays.class)) {
            session.get(Replays.class).list(1, session.operator());
            assertThat(session.shown()).contains("interrupted");
        }
        assertThat(rows(interrupted)).as("rows of the half that was committed").isBetween(EVENTS / 4, EVENTS / 2 - 1);

        String resumed;
        try (OperatorSession session = OperatorSession.start(prefix, interrupted, Replays.class);
                StopSignal stop = StopSignal.installed()) {
            session.get(Replays.class).resume(1, OperatorSession.YES, session.operator(null, true), stop);
            resumed = session.shown();
        }
        try (OperatorSession session = OperatorSession.start(prefix, uninterrupted, Replays.class);
                StopSignal stop = StopSignal.installed()) {
            session.get(Replays.class)
                    .replay("pipeline-runs", OperatorSession.ALL, OperatorSession.YES, null, session.operator(), stop);
        }

        assertThat(resumed.lines().filter(line -> line.startsWith("{\"kind\":\"end\"")))
                .hasSize(1);
        assertThat(table(interrupted)).isEqualTo(table(uninterrupted)).hasSize(EVENTS / 2);
        assertThat(interrupted.sequence("analytics_pipeline_history")).isEqualTo(EVENTS / 2);
        assertThat(count(interrupted, "SELECT inserted + updated + unchanged FROM tracker.replays"))
                .isEqualTo(count(uninterrupted, "SELECT inserted + updated + unchanged FROM tracker.replays"))
                .isEqualTo(EVENTS);
        assertThat(count(interrupted, "SELECT count(*) FROM tracker.replays WHERE status = 'done' AND resumed = 1"))
                .isEqualTo(1);
    }

    private void publish() {
        SchemaRegistry registry = new SchemaRegistry(RegistrySettings.at(URI.create(RealRegistry.url())));
        EventEncoder<PipelineRun> encoder = new EventEncoder<>(
                PipelineRun.class, registry.register("test-PipelineRun", EventSchemas.avsc(PipelineRun.class)));
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < EVENTS; i++) {
            PipelineRun event = Events.run(organization, i / 2);
            event.setTimestamp(Events.MOMENT.plusSeconds(i % 2));
            records.add(new ProducerRecord<>(
                    prefix + "pipeline-runs", i / 2 % 3, Events.key(organization), encoder.encode(event)));
        }
        RealBroker.sendAll(records);
    }

    /** Records of which the replay says that they are done. */
    private int checkpoint() {
        return count(interrupted, "SELECT coalesce(sum(next_offset - first_offset), 0) FROM tracker.replay_partitions");
    }

    private OperatorProcess start(Database database, String... command) {
        return OperatorProcess.start(folder, prefix, database, command);
    }

    private static int rows(Database database) {
        return count(database, "SELECT count(*) FROM analytics_pipeline_history");
    }

    private static int count(Database database, String query) {
        return database.sql().sql(query).query(Integer.class).single();
    }

    private static List<String> table(Database database) {
        return database.sql().sql("""
                        SELECT (to_jsonb(t) - 'id' - 'created_at')::text AS line FROM analytics_pipeline_history t ORDER BY line
                        """).query(String.class).list();
    }
}

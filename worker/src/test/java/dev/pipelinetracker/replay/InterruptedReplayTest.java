package dev.pipelinetracker.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.Main;
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
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as an operator runs it, in a JVM of its own, killed when half is done. */
class InterruptedReplayTest {

    private static final int EVENTS = 6_000;
    private static final Duration SOON = Duration.ofSeconds(90);

    private final Database killed = RealPostgres.freshDatabase();
    private final Database uninterrupted = RealPostgres.freshDatabase();
    private final UUID organization = UUID.randomUUID();
    private final String prefix = RunningWorker.createTopics(3);

    @TempDir
    private Path folder;

    @Test
    void killedAtHalfAndResumedItEqualsAnUninterruptedOne() throws Exception {
        for (Database database : List.of(killed, uninterrupted)) {
            database.sql()
                    .sql("INSERT INTO organizations (id, name, slug) VALUES (?, 'One', 'one')")
                    .param(organization)
                    .update();
        }
        publish();
        Process first = start(killed, "replay", "--feed", "pipeline-runs", "--all", "--yes", "--rate", "1000/s");
        try {
            await().atMost(SOON).until(() -> !first.isAlive() || rows(killed) >= EVENTS / 6);
            assertThat(first.isAlive())
                    .as(Files.readString(folder.resolve("err")))
                    .isTrue();
        } finally {
            first.destroyForcibly().waitFor();
        }
        assertThat(rows(killed)).as("killed before its end").isLessThan(EVENTS / 2);
        assertThat(run(killed, 0, "replay", "list")).contains("interrupted");

        String resumed = run(killed, 0, "replay", "--resume", "1", "--yes", "--output", "json");
        run(uninterrupted, 0, "replay", "--feed", "pipeline-runs", "--all", "--yes");

        assertThat(resumed.lines().filter(line -> line.startsWith("{\"kind\":\"end\"")))
                .hasSize(1);
        assertThat(table(killed)).isEqualTo(table(uninterrupted)).hasSize(EVENTS / 2);
        assertThat(killed.sequence("analytics_pipeline_history")).isEqualTo(EVENTS / 2);
        assertThat(count(killed, "SELECT inserted + updated + unchanged FROM tracker.replays WHERE id = 1"))
                .isEqualTo(
                        count(uninterrupted, "SELECT inserted + updated + unchanged FROM tracker.replays WHERE id = 1"))
                .isEqualTo(EVENTS);
        assertThat(killed.sql()
                        .sql("SELECT status FROM tracker.replays")
                        .query(String.class)
                        .single())
                .isEqualTo("done");
        assertThat(run(killed, 2, "replay", "--feed", "pipeline-runs")).isEmpty();
        assertThat(run(killed, 3, "replay", "--feed", "nonsense", "--all")).isEmpty();
        assertThat(run(killed, 0, "replay", "verify", "--feed", "pipeline-runs", "--all"))
                .contains("the tables hold it");
        killed.sql()
                .sql("DELETE FROM analytics_pipeline_history WHERE records_processed = 7")
                .update();
        assertThat(run(killed, 1, "replay", "verify", "--feed", "pipeline-runs", "--all"))
                .contains("1 missing, 0 stale");
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

    /** Standard output. */
    private String run(Database database, int exitCode, String... command) throws Exception {
        Process process = start(database, command);
        assertThat(process.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue())
                .as(String.join(" ", command) + Files.readString(folder.resolve("err")))
                .isEqualTo(exitCode);
        return Files.readString(folder.resolve("out"));
    }

    private Process start(Database database, String... command) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        line.addAll(List.of(command));
        line.addAll(OperatorSession.properties(prefix, database));
        return new ProcessBuilder(line)
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile())
                .start();
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

package dev.pipelinetracker.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
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
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A full replay of what is stored: first alone, for its WAL, then as a command in a JVM of its own beside live traffic, for
 * the live events' latency. A short round by default, polite only, in which latency is told but not judged; {@code mvn -Preplay
 * verify} replays 1,000,000 events and judges. {@code -Dreplay.events} and {@code -Dreplay.live} (events in a second) set
 * other sizes.
 */
class ReplayBesideLiveTest {

    private static final int EVENTS = Integer.getInteger("replay.events", 6_000);
    private static final int LIVE = Integer.getInteger("replay.live", 500);
    private static final boolean JUDGED = Boolean.getBoolean("replay.judged");
    private static final Duration BASELINE = Duration.ofSeconds(JUDGED ? 60 : 2);
    private static final Duration LIMIT = Duration.ofMinutes(JUDGED ? 15 : 2);
    private static final int PARTITIONS = 6;
    private static final int CHUNK = 10_000;
    private static final String TABLE = "analytics_pipeline_history";
    private static final String FEED = "pipeline-runs";

    private final Database database = RealPostgres.freshDatabase();
    private final UUID replayed = database.organization("Replayed");
    private final UUID live = database.organization("Live");
    private final String prefix = RunningWorker.createTopics(PARTITIONS);
    private final EventEncoder<PipelineRun> encoder = encoder();

    @TempDir
    private Path folder;

    @Test
    void ofWhatIsStoredItWritesNothingAndTheLiveEventsArriveAsSoonAsWithoutIt() {
        try (RunningWorker worker = RunningWorker.start(prefix, database, LiveLatency.fineBuckets())) {
            publish();
            await().atMost(LIMIT).until(() -> worker.count("tracker.events", "feed", FEED) == EVENTS);
            String rows = rows();

            double walPerEvent = replayAlone();

            int sent;
            double baseline;
            Beside polite;
            String impolite = "";
            try (LiveTraffic traffic = LiveTraffic.start(LIVE, this::liveEvent)) {
                // the first seconds are its own warm-up
                LockSupport.parkNanos(BASELINE.toNanos() / 3);
                LiveLatency without = LiveLatency.from(worker);
                LockSupport.parkNanos(BASELINE.toNanos());
                baseline = without.millis(0.99);
                polite = replayBeside(worker, "--yield-to-live");
                if (JUDGED) {
                    impolite = "; with --no-yield-to-live " + replayBeside(worker, "--no-yield-to-live");
                }
                traffic.stop();
                sent = traffic.sent();
            }
            System.out.printf(
                    "Replay of %,d stored events, %.2f bytes of WAL each. Live: %d events/s, p99 %.0f ms; beside the replay %s%s%n",
                    EVENTS, walPerEvent, LIVE, baseline, polite, impolite);
            await().atMost(LIMIT).until(() -> worker.count("tracker.events", "feed", FEED) >= EVENTS + sent);

            assertThat(rows()).as("rows and their versions").isEqualTo(rows);
            assertThat(database.sequence(TABLE)).as("ids used").isEqualTo(EVENTS / 2 + sent);
            if (JUDGED) {
                assertThat(polite.p99()).as("live p99 in ms").isLessThanOrEqualTo(2 * baseline);
            }
        }
    }

    /** The live events' p99 from when a replay begins to its end, and how long that took. */
    private record Beside(double p99, double seconds) {
        @Override
        public String toString() {
            return "%.0f ms, for %.1f s".formatted(p99, seconds);
        }
    }

    private Beside replayBeside(RunningWorker worker, String politeness) {
        try (OperatorProcess replay = OperatorProcess.start(
                folder, prefix, database, "replay", "--feed", FEED, "--all", "--yes", politeness)) {
            // the start of a JVM is not what is measured
            await().pollInterval(Duration.ofMillis(20))
                    .atMost(LIMIT)
                    .until(() -> replay.errors().contains("begins") || !replay.isAlive());
            LiveLatency latency = LiveLatency.from(worker);
            long start = System.nanoTime();
            await().pollInterval(Duration.ofMillis(100)).atMost(LIMIT).until(() -> !replay.isAlive());
            Beside beside = new Beside(latency.millis(0.99), (System.nanoTime() - start) / 1e9);
            assertThat(replay.end(0)).contains(" done: ", " 0 updated, ");
            return beside;
        }
    }

    /** Bytes of WAL per event with nobody else about, all of which is the replay's own record of how far it is. */
    private double replayAlone() {
        database.sql().sql("CREATE EXTENSION pg_walinspect").update();
        database.vacuum();
        String start = database.sql()
                .sql("SELECT pg_current_wal_insert_lsn()")
                .query(String.class)
                .single();
        long before = database.walBytes();
        assertThat(replayInThisJvm()).contains(" 0 inserted, 0 updated, %,d unchanged".formatted(EVENTS));
        long wal = database.walBytes() - before;
        assertThat(walOf("tracker", start)).as("the checkpoints, in WAL").isPositive();
        assertThat(walOf("public", start))
                .as("records of tables, indexes and sequences, in WAL")
                .isZero();
        return (double) wal / EVENTS;
    }

    private String replayInThisJvm() {
        try (OperatorSession session = OperatorSession.start(prefix, database, Replays.class);
                StopSignal stop = StopSignal.installed()) {
            session.get(Replays.class)
                    .replay(FEED, OperatorSession.ALL, OperatorSession.YES, null, session.operator(), stop);
            return session.shown();
        }
    }

    private int walOf(String schema, String start) {
        return database.sql()
                .sql("""
                        SELECT count(*) FROM pg_get_wal_block_info(?::pg_lsn, pg_current_wal_flush_lsn()) w
                        JOIN pg_class c ON c.relfilenode = w.relfilenode
                        WHERE w.reldatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
                          AND c.relnamespace = ?::regnamespace
                        """)
                .params(start, schema)
                .query(Integer.class)
                .single();
    }

    private void publish() {
        for (int from = 0; from < EVENTS; from += CHUNK) {
            List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
            for (int i = from; i < Math.min(EVENTS, from + CHUNK); i++) {
                PipelineRun event = Events.run(replayed, i / 2);
                event.setStatus(i % 2 == 0 ? RunStatus.running : RunStatus.completed);
                event.setTimestamp(Events.MOMENT.plusSeconds(i % 2));
                records.add(record(event, i / 2));
            }
            RealBroker.sendAll(records);
        }
    }

    private ProducerRecord<byte[], byte[]> liveEvent(int number) {
        return record(Events.run(live, number), number);
    }

    private ProducerRecord<byte[], byte[]> record(PipelineRun event, int number) {
        return new ProducerRecord<>(
                prefix + FEED, number % PARTITIONS, Events.key(event.getOrgId()), encoder.encode(event));
    }

    /** A row that was written anew has another place or another writer. */
    private String rows() {
        return database.sql()
                .sql(
                        "SELECT md5(string_agg(ctid || ' ' || xmin || ' ' || t, ',' ORDER BY ctid)) FROM %s t WHERE org_id = ?"
                                .formatted(TABLE))
                .param(replayed)
                .query(String.class)
                .single();
    }

    private static EventEncoder<PipelineRun> encoder() {
        SchemaRegistry registry = new SchemaRegistry(RegistrySettings.at(URI.create(RealRegistry.url())));
        return new EventEncoder<>(
                PipelineRun.class, registry.register("test-PipelineRun", EventSchemas.avsc(PipelineRun.class)));
    }
}

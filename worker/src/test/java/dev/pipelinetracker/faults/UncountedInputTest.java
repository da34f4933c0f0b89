package dev.pipelinetracker.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.support.Events;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Events of which the account cannot know beforehand what becomes of them; in a JVM and in sessions of hostile time zones. */
@TestInstance(Lifecycle.PER_CLASS)
class UncountedInputTest {

    private static final int MUTATED = 10_000;

    private final Stage stage = Stage.open("uncounted");
    private WorkerProcess worker;

    @BeforeAll
    void start() {
        Stage.postgres()
                .sql("postgres")
                .sql("ALTER ROLE tracker_worker SET timezone = 'America/New_York'")
                .update();
        worker = stage.startWorker();
        stage.publish(Kind.RUNS, 20);
        stage.settle();
    }

    @AfterAll
    void stop() {
        Stage.postgres()
                .sql("postgres")
                .sql("ALTER ROLE tracker_worker RESET timezone")
                .update();
        stage.close();
    }

    @Test
    @MatrixRow(23)
    void tenThousandMutatedPayloadsHaveOneOutcomeEach() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        UUID organization = stage.organization(0);
        byte[] original = Wire.bytes(Kind.RUNS.event(organization, 1_000_000, 0));
        double heapBefore = worker.liveHeap();
        double before = worker.metric("tracker_events_total", "feed=\"pipeline-runs\"");
        for (int i = 0; i < MUTATED; i++) {
            stage.ledger().sendUncounted(Kind.RUNS, Wire.key(organization), mutated(original, random));
        }
        stage.ledger().flush();

        await("seed " + seed)
                .atMost(Duration.ofMinutes(2))
                .until(() -> worker.metric("tracker_events_total", "feed=\"pipeline-runs\"") - before >= MUTATED);

        assertThat(worker.metric("tracker_events_total", "feed=\"pipeline-runs\"") - before)
                .as("outcomes, seed %d", seed)
                .isEqualTo(MUTATED);
        double rejected = worker.metric("tracker_events_total", "outcome=\"rejected\"");
        assertThat(stage.ledger().deadLetters(Kind.RUNS).size())
                .as("dead letters, one for each rejected, seed %d", seed)
                .isEqualTo((int) rejected);
        assertThat(rejected).isGreaterThan(MUTATED / 2.0);
        assertThat(worker.metric("tracker_retries_total")).as("nobody waited").isZero();
        worker.assertLiveHeapIsStill(heapBefore);
        assertThat(worker.isAlive()).isTrue();
        assertThat(worker.status("/actuator/health/liveness")).isEqualTo(OptionalInt.of(200));
    }

    @Test
    @MatrixRow(24)
    void aGoodEventOfTenMegabytesIsStoredAsItIs() {
        // 4,194,304 characters is the limit: of three bytes each
        String text = "€".repeat(3_500_000);
        Visualization chart = Events.chart(stage.organization(0), 1);
        chart.setSourceId("large");
        chart.setChartConfig("{\"note\":\"" + text + "\"}");
        byte[] value = Wire.bytes(chart);
        assertThat(value.length).isGreaterThan(10_000_000);
        stage.ledger().sendUncounted(Kind.CHARTS, Wire.key(stage.organization(0)), value);
        await().atMost(Stage.LIMIT)
                .until(() -> stage.database()
                                .sql("SELECT count(*) FROM analytics_visualizations WHERE source_id = 'large'"
                                        + " AND chart_config ->> 'note' = repeat('€', 3500000)")
                                .query(Long.class)
                                .single()
                        == 1);
        assertThat(worker.isAlive()).isTrue();
    }

    @Test
    @MatrixRow(24)
    void aCompressedBatchOfManyLargeEventsFitsIntoASmallHeap() {
        // 256 MB of it; one batch of 10 events that are 105 MB once they are decompressed
        int large = 10;
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.<String, Object>of(
                        "bootstrap.servers", Stage.broker().bootstrapServers(),
                        "compression.type", "gzip",
                        "batch.size", "15000000",
                        "linger.ms", "10000",
                        "buffer.memory", "200000000",
                        "max.request.size", "30000000"),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int i = 0; i < large; i++) {
                Visualization chart = Events.chart(stage.organization(0), stage.keys(1));
                chart.setSourceId("packed" + i);
                chart.setChartConfig("{\"note\":\"" + "€".repeat(3_500_000) + "\"}");
                var unused = producer.send(new ProducerRecord<>(
                        stage.ledger().topic(Kind.CHARTS), 0, Wire.key(stage.organization(0)), Wire.bytes(chart)));
            }
            producer.flush();
        }
        await().atMost(Stage.LIMIT)
                .until(() -> stage.database()
                                .sql("SELECT count(*) FROM analytics_visualizations WHERE source_id LIKE 'packed%'")
                                .query(Long.class)
                                .single()
                        == large);
        assertThat(worker.isAlive()).isTrue();
    }

    @Test
    @MatrixRow(32)
    void microsecondsSurviveSummerTimeAndHostileZones() {
        // the JVM is half an hour off, the role's sessions are in New York, which does not have the first of these
        // hours
        UUID organization = stage.organization(0);
        List<Instant> moments = List.of(
                Instant.parse("2026-03-08T02:30:00.123456Z"),
                Instant.parse("2026-03-08T07:00:00.000001Z"),
                Instant.parse("2026-11-01T05:59:59.999999Z"),
                Instant.parse("1969-12-31T23:59:59.999999Z"),
                Instant.parse("9999-12-31T23:59:59.999999Z"));
        List<String> sources = new ArrayList<>();
        for (Instant moment : moments) {
            PipelineRun run = Events.run(organization, stage.keys(1));
            run.setSourceId("zone" + sources.size());
            run.setTimestamp(moment);
            sources.add(run.getSourceId());
            // the ledger's rows are numbered: these are not, and are looked at here
            stage.ledger().sendUncounted(Kind.RUNS, Wire.key(organization), Wire.bytes(run));
        }
        for (int i = 0; i < moments.size(); i++) {
            String source = sources.get(i);
            await().atMost(Stage.LIMIT)
                    .until(() -> stage.database()
                                    .sql("SELECT count(*) FROM analytics_pipeline_history WHERE source_id = ?")
                                    .param(source)
                                    .query(Long.class)
                                    .single()
                            == 1);
            assertThat(stage.database()
                            .sql("SELECT \"timestamp\" FROM analytics_pipeline_history WHERE source_id = ?")
                            .param(source)
                            .query(LocalDateTime.class)
                            .single()
                            .toInstant(ZoneOffset.UTC))
                    .isEqualTo(moments.get(i));
        }
    }

    /** One to five changes to the Avro part: what is done to it must not matter. */
    private static byte[] mutated(byte[] original, Random random) {
        byte[] bytes = original.clone();
        int changes = 1 + random.nextInt(5);
        for (int i = 0; i < changes; i++) {
            int at = 5 + random.nextInt(Math.max(1, bytes.length - 5));
            switch (random.nextInt(4)) {
                case 0 -> bytes[Math.min(at, bytes.length - 1)] = (byte) random.nextInt(256);
                case 1 -> bytes[Math.min(at, bytes.length - 1)] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes = Arrays.copyOf(bytes, Math.max(5, Math.min(at, bytes.length)));
                default -> {
                    byte[] junk = new byte[1 + random.nextInt(20)];
                    random.nextBytes(junk);
                    bytes = Wire.join(bytes, junk);
                }
            }
            if (bytes.length <= 5) {
                return bytes;
            }
        }
        return bytes;
    }
}

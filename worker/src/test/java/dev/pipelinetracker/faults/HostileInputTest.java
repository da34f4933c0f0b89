package dev.pipelinetracker.faults;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.wire.EventSchemas;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.avro.Schema;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bytes and values that mean harm: each ends in one rejection, and the worker in the state it was in. */
class HostileInputTest {

    private static final int MUTATED = 10_000;
    private static int stages;

    private Stage stage;
    private WorkerProcess worker;

    @BeforeEach
    void start() {
        stage = Stage.open("hostile" + (char) ('a' + stages++));
        worker = stage.startWorker();
        stage.publish(Kind.RUNS, 20);
        stage.settle();
    }

    @AfterEach
    void stop() {
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
        double before = worker.metric("tracker_events_total");
        for (int i = 0; i < MUTATED; i++) {
            stage.ledger().sendUncounted(Kind.RUNS, Wire.key(organization), mutated(original, random));
        }
        stage.ledger().flush();

        await("seed " + seed)
                .atMost(Duration.ofMinutes(2))
                .until(() -> worker.metric("tracker_events_total", "feed=\"pipeline-runs\"") - before >= MUTATED);

        assertThat(worker.metric("tracker_events_total") - before)
                .as("outcomes, seed %d", seed)
                .isEqualTo(MUTATED);
        double rejected = worker.metric("tracker_events_total", "outcome=\"rejected\"");
        assertThat(stage.ledger().deadLetters(Kind.RUNS).size())
                .as("dead letters, one for each rejected, seed %d", seed)
                .isEqualTo((int) rejected);
        assertThat(rejected).isGreaterThan(MUTATED / 2.0);
        assertThat(worker.metric("tracker_retries_total")).as("nobody waited").isZero();
        assertFlat(heapBefore);
        assertThat(worker.isAlive()).isTrue();
        assertThat(worker.status("/actuator/health/liveness")).isEqualTo(OptionalInt.of(200));
    }

    @Test
    @MatrixRow({23, 25})
    void everyKindOfBrokenRecordIsRejectedWithItsReason() {
        UUID organization = stage.organization(0);
        byte[] key = Wire.key(organization);
        byte[] good = Wire.bytes(Kind.RUNS.event(organization, stage.keys(1), 0));
        byte[] header = Arrays.copyOf(good, 5);

        unreadable(key, null);
        unreadable(key, new byte[0]);
        unreadable(key, new byte[] {0});
        unreadable(key, header);
        for (int length : List.of(6, 22, 30, good.length - 1)) {
            unreadable(key, Arrays.copyOf(good, length));
        }
        unreadable(key, Arrays.copyOf(good, good.length + 1));
        byte[] badMagic = good.clone();
        badMagic[0] = 1;
        unreadable(key, badMagic);
        // a string that claims two gigabytes
        unreadable(key, join(header, new byte[] {(byte) 0xfe, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f}));
        // a string that claims less than nothing
        unreadable(key, join(header, new byte[] {0x01}));
        unreadable(key, "{\"org_id\": \"not avro\"}".getBytes(UTF_8));

        stage.ledger().bad(Kind.RUNS, null, good, "key_mismatch");
        stage.ledger().bad(Kind.RUNS, new byte[0], good, "key_mismatch");
        stage.ledger().bad(Kind.RUNS, "organization".getBytes(UTF_8), good, "key_mismatch");
        stage.ledger().bad(Kind.RUNS, Wire.key(stage.organization(1)), good, "key_mismatch");

        UUID stranger = UUID.randomUUID();
        stage.ledger().bad(Kind.RUNS, Wire.key(stranger), Wire.bytes(Kind.RUNS.event(stranger, 1, 0)), "unknown_org");
        settleUnimpressed();
    }

    @Test
    @MatrixRow(23)
    void lengthsThatAreClaimedCostNoHeap() {
        byte[] header = Arrays.copyOf(Wire.bytes(run()), 5);
        byte[] key = Wire.key(stage.organization(0));
        double before = worker.liveHeap();
        // as a string: one megabyte to two gigabytes, of which the worker has a quarter
        for (int claim = 0; claim < 1_000; claim++) {
            unreadable(key, join(header, varint((1L << 20) << claim % 11)));
        }
        settleUnimpressed();
        assertFlat(before);
    }

    @Test
    @MatrixRow(23)
    void aDatumAsDeepAsItIsLongIsRejected() {
        Schema schema = new Schema.Parser().parse(EventSchemas.avsc(PipelineRun.class));
        List<Schema.Field> fields = new ArrayList<>();
        schema.getFields().forEach(field -> fields.add(new Schema.Field(field, field.schema())));
        Schema node = Schema.createRecord("Node", null, "dev.pipelinetracker.events", false);
        Schema next = Schema.createUnion(Schema.create(Schema.Type.NULL), node);
        node.setFields(List.of(new Schema.Field("next", next)));
        fields.add(new Schema.Field("chain", node));
        int id = new SchemaRegistry(RegistrySettings.at(URI.create(RealRegistry.url())))
                .register(
                        "recursive-value",
                        Schema.createRecord(schema.getName(), null, schema.getNamespace(), false, fields)
                                .toString());
        byte[] links = new byte[1_000_001];
        // the union's second branch, a million times, and its first
        Arrays.fill(links, 0, 1_000_000, (byte) 2);
        byte[] value = join(Wire.bytes(run()), links);
        ByteBuffer.wrap(value).putInt(1, id);

        unreadable(Wire.key(stage.organization(0)), value);
        settleUnimpressed();
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
    void whatTheDatabaseCouldOnlyStoreChangedIsRejectedNotChanged() {
        invalid(run -> run.setSourceName("a\0b"));
        invalid(run -> run.setSourceName("n".repeat(300)));
        invalid(run -> run.setSourceName(""));
        invalid(run -> run.setSourceId("s".repeat(51)));
        invalid(run -> run.setDurationSeconds(Double.NaN));
        invalid(run -> run.setDurationSeconds(Double.POSITIVE_INFINITY));
        invalid(run -> run.setDurationSeconds(-1));
        invalid(run -> run.setRecordsProcessed(1L << 31));
        invalid(run -> run.setRecordsProcessed(-1));
        invalid(run -> run.setTimestamp(Instant.parse("+10000-01-01T00:00:00Z")));
        loneSurrogate();
        // one value that a batch of its like would fill the heap with
        invalid(run -> run.setErrorMessage("e".repeat(10_000_000)));
        settleUnimpressed();
    }

    @Test
    @MatrixRow(32)
    void microsecondsSurviveSummerTimeAndHostileZones() {
        // the JVM is half an hour off, the session is told to be elsewhere, and two of the hours New York does not have
        Stage.postgres()
                .sql("postgres")
                .sql("ALTER ROLE tracker_worker SET timezone = 'America/New_York'")
                .update();
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
                            .toInstant(java.time.ZoneOffset.UTC))
                    .isEqualTo(moments.get(i));
        }
        Stage.postgres()
                .sql("postgres")
                .sql("ALTER ROLE tracker_worker RESET timezone")
                .update();
    }

    private void settleUnimpressed() {
        stage.publish(Kind.RUNS, 20);
        stage.settle();
        assertThat(worker.isAlive()).isTrue();
        assertThat(worker.status("/actuator/health/liveness")).isEqualTo(OptionalInt.of(200));
        assertThat(worker.metric("tracker_retries_total")).as("nobody waited").isZero();
    }

    private void unreadable(byte[] key, byte @org.jspecify.annotations.Nullable [] value) {
        stage.ledger().bad(Kind.RUNS, key, value, "unreadable");
    }

    private PipelineRun run() {
        return (PipelineRun) Kind.RUNS.event(stage.organization(0), stage.keys(1), 0);
    }

    private void invalid(Consumer<PipelineRun> spoil) {
        PipelineRun run = run();
        spoil.accept(run);
        stage.ledger().bad(Kind.RUNS, Wire.key(run.getOrgId()), Wire.bytes(run), "invalid");
    }

    /** As bytes: no encoder of ours would write one. CESU-8's form of U+D800 in place of three letters. */
    private void loneSurrogate() {
        PipelineRun run = run();
        run.setSourceName("xxxQQQyyy");
        byte[] value = Wire.bytes(run);
        int at = new String(value, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("QQQ");
        ByteBuffer.wrap(value).position(at).put(new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80});
        unreadable(Wire.key(run.getOrgId()), value);
    }

    private void assertFlat(double liveHeapBefore) {
        assertThat(worker.liveHeap() - liveHeapBefore)
                .as("growth of the live heap, bytes")
                .isLessThan(10e6);
    }

    /** As Avro writes a length. */
    private static byte[] varint(long length) {
        ByteBuffer bytes = ByteBuffer.allocate(10);
        long rest = length << 1;
        for (; rest > 0x7f; rest >>>= 7) {
            bytes.put((byte) ((rest & 0x7f) | 0x80));
        }
        bytes.put((byte) rest);
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    private static byte[] join(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
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
                    bytes = join(bytes, junk);
                }
            }
            if (bytes.length <= 5) {
                return bytes;
            }
        }
        return bytes;
    }
}

package dev.pipelinetracker.faults;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.wire.EventSchemas;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.avro.Schema;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Bytes and values that mean harm: each ends in one rejection, and the worker in the state it was in. */
@TestInstance(Lifecycle.PER_CLASS)
class HostileInputTest {

    private final Stage stage = Stage.open("hostile");
    private WorkerProcess worker;

    @BeforeAll
    void start() {
        worker = stage.startWorker();
        stage.publish(Kind.RUNS, 20);
        stage.settle();
    }

    @AfterAll
    void stop() {
        stage.close();
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
        unreadable(key, Wire.join(header, new byte[] {(byte) 0xfe, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f}));
        // a string that claims less than nothing
        unreadable(key, Wire.join(header, new byte[] {0x01}));
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
            unreadable(key, Wire.join(header, varint((1L << 20) << claim % 11)));
        }
        settleUnimpressed();
        worker.assertLiveHeapIsStill(before);
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
        byte[] value = Wire.join(Wire.bytes(run()), links);
        ByteBuffer.wrap(value).putInt(1, id);

        unreadable(Wire.key(stage.organization(0)), value);
        settleUnimpressed();
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
}

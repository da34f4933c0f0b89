package dev.pipelinetracker.publishing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.support.RunningWorker;
import dev.pipelinetracker.wire.EventSchemas;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import dev.pipelinetracker.wire.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** What becomes of events of other versions than the worker's, and of other framings. */
@TestInstance(Lifecycle.PER_CLASS)
class EvolutionTest {

    private static final String RUN = EventSchemas.avsc(PipelineRun.class);
    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = RealPostgres.freshDatabase();
    private final SchemaRegistry registry = new SchemaRegistry(RegistrySettings.at(URI.create(RealRegistry.url())));
    private final UUID organization = database.organization("Evolution");
    private RunningWorker worker;

    @BeforeAll
    void start() {
        worker = RunningWorker.start(RunningWorker.createTopics(1), database);
    }

    @AfterAll
    void stop() {
        worker.close();
    }

    @Test
    void aNewOptionalFieldOfANewerProducerIsLeftOut() throws IOException {
        Schema newer = parse(RUN.replace(
                "\"fields\": [",
                "\"fields\": [{\"name\": \"host\", \"type\": [\"null\", \"string\"], \"default\": null},"));
        GenericRecord run = run(newer, "newer");
        run.put("host", "etl-7");
        send(newer, run);
        awaitRow("newer", "completed etl+rag");
    }

    @Test
    void aFieldThatAnOlderProducerLacksTakesItsDefault() throws IOException {
        Schema older = parse(RUN.replaceAll(" *\\{\"name\": \"run_type\".*\n", ""));
        assertThat(older.getField("run_type")).isNull();
        send(older, run(older, "older"));
        awaitRow("older", "completed");
    }

    /** A registry refuses such a schema at the level that {@code schemas register} sets. */
    @Test
    void aNewEnumSymbolIsRejectedByNameAndTheProducersOtherEventsAreRead() throws IOException {
        Schema newer = parse(RUN.replace("\"failed\"]", "\"failed\", \"cancelled\"]"));
        GenericRecord cancelled = run(newer, "cancelled");
        cancelled.put("status", new GenericData.EnumSymbol(status(newer), "cancelled"));
        RecordMetadata place = send(newer, cancelled);
        send(newer, run(newer, "known-symbol"));
        awaitRow("known-symbol", "completed etl+rag");
        assertThat(rejection(place)).startsWith("unreadable: ").contains("MISSING_ENUM_SYMBOLS");
    }

    /** Avro's own resolution, and a registry at any level, let it pass: it would be stored in 1970. */
    @Test
    void aTimestampInMillisecondsIsRejectedByFieldAndRule() throws IOException {
        Schema millis = parse(RUN.replace("timestamp-micros", "timestamp-millis"));
        GenericRecord run = run(millis, "millis");
        run.put("timestamp", 1_772_953_200_123L);
        assertThat(rejection(send(millis, run)))
                .startsWith("unreadable: schema id ")
                .endsWith(": timestamp: its logicalType must be timestamp-micros and is timestamp-millis");
    }

    @Test
    void otherFramingsAreRejectedByName() {
        byte[] good = Events.bytes(PipelineRun.class, Events.run(organization, 1));
        byte[] guid = new byte[good.length + 12];
        guid[0] = 1;
        byte[] singleObject = Arrays.copyOf(good, good.length);
        singleObject[0] = (byte) 0xC3;
        singleObject[1] = 1;
        assertThat(rejection(send(guid)))
                .startsWith("unreadable: Confluent's framing by schema GUID (first byte 0x01) is not supported");
        assertThat(rejection(send(singleObject)))
                .startsWith("unreadable: Avro's single-object encoding (first bytes 0xC3 0x01) is not supported");
    }

    private GenericRecord run(Schema schema, String source) {
        GenericRecord run = new GenericData.Record(schema);
        run.put("org_id", organization.toString());
        run.put("pipeline_id", UUID.randomUUID().toString());
        run.put("source_id", source);
        run.put("source_name", source);
        run.put("status", new GenericData.EnumSymbol(status(schema), "completed"));
        run.put("records_processed", 7L);
        run.put("duration_seconds", 1.5);
        run.put("timestamp", 1_772_953_200_123_456L);
        Schema.Field type = schema.getField("run_type");
        if (type != null) {
            run.put(
                    "run_type",
                    new GenericData.EnumSymbol(type.schema().getTypes().get(1), "etl_rag"));
        }
        return run;
    }

    private static Schema status(Schema run) {
        return run.getField("status").schema();
    }

    private RecordMetadata send(Schema writer, GenericRecord event) throws IOException {
        ByteArrayOutputStream avro = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(avro, null);
        new GenericDatumWriter<GenericRecord>(writer).write(event, encoder);
        encoder.flush();
        int id = registry.register("evolution-" + UUID.randomUUID(), writer.toString());
        return send(WireFormat.frame(id, avro.toByteArray()));
    }

    private RecordMetadata send(byte[] value) {
        return RealBroker.send(worker.topic("pipeline-runs"), Events.key(organization), value);
    }

    private void awaitRow(String source, String expected) {
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(database.sql()
                                .sql("""
                                        SELECT concat_ws(' ', status, run_type) FROM analytics_pipeline_history
                                        WHERE org_id = ? AND source_id = ?""")
                                .param(organization)
                                .param(source)
                                .query(String.class)
                                .list())
                        .containsExactly(expected));
    }

    private String rejection(RecordMetadata place) {
        return await().atMost(SOON)
                .until(
                        () -> RealBroker.readAll(worker.topic("pipeline-runs") + ".dlt").stream()
                                .filter(letter -> new String(
                                                letter.headers()
                                                        .lastHeader("tracker-offset")
                                                        .value(),
                                                UTF_8)
                                        .equals(Long.toString(place.offset())))
                                .map(letter -> new String(
                                                letter.headers()
                                                        .lastHeader("tracker-reason")
                                                        .value(),
                                                UTF_8)
                                        + ": "
                                        + new String(
                                                letter.headers()
                                                        .lastHeader("tracker-detail")
                                                        .value(),
                                                UTF_8))
                                .findFirst()
                                .orElse(""),
                        found -> !found.isEmpty());
    }

    private static Schema parse(String avsc) {
        return new Schema.Parser().parse(avsc);
    }
}

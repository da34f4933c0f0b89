package dev.pipelinetracker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.Utf8;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventDecoderTest {
    private final FakeRegistry registry = new FakeRegistry();
    private final SchemaRegistry client = registry.client();
    private final Map<Schema, Integer> ids = new HashMap<>();
    private final EventDecoder<PipelineRun> runs = new EventDecoder<>(PipelineRun.class, client);

    @AfterEach
    void stop() {
        registry.close();
    }

    @Test
    void reads_what_the_encoder_wrote() throws Exception {
        assertRoundTrip(PipelineRun.class, Samples.run());
        assertRoundTrip(SourceInsight.class, Samples.insight());
        assertRoundTrip(Visualization.class, Samples.visualization());
        PipelineRun bare = Samples.run();
        bare.setErrorMessage(null);
        bare.setRunType(null);
        assertRoundTrip(PipelineRun.class, bare);
    }

    private <E extends SpecificRecord> void assertRoundTrip(Class<E> type, E event) throws Exception {
        int id = client.register(type.getSimpleName(), EventSchemas.avsc(type));
        E decoded = new EventDecoder<>(type, client).decode(new EventEncoder<>(type, id).encode(event));
        assertThat(decoded).isEqualTo(event);
    }

    @Test
    void a_schema_is_asked_for_once() throws Exception {
        byte[] payload = encoded(Samples.run());
        int before = registry.requests().size();
        for (int i = 0; i < 10; i++) {
            runs.decode(payload);
        }
        assertThat(registry.requests()).hasSize(before + 1);
        registry.answerAll(500, "");
        assertThat(runs.decode(payload)).isEqualTo(Samples.run());
    }

    @Test
    void several_threads_may_share_one() throws Exception {
        byte[] first = encoded(Samples.run());
        PipelineRun other = Samples.run();
        other.setSourceName("x".repeat(200));
        other.setErrorMessage(null);
        byte[] second = encoded(other);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> work = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                boolean even = t % 2 == 0;
                work.add(threads.submit(() -> {
                    for (int i = 0; i < 20_000; i++) {
                        assertThat(runs.decode(even ? first : second)).isEqualTo(even ? Samples.run() : other);
                    }
                    return null;
                }));
            }
            for (Future<?> done : work) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void bytes_left_over_are_unreadable_and_so_is_every_truncation() throws Exception {
        byte[] payload = encoded(Samples.run());
        assertUnreadable(Arrays.copyOf(payload, payload.length + 1), "bytes left over");
        for (int length = 0; length < payload.length; length++) {
            byte[] cut = Arrays.copyOf(payload, length);
            assertThatThrownBy(() -> runs.decode(cut)).isInstanceOf(UnreadableEventException.class);
        }
        assertThat(runs.decode(payload)).isEqualTo(Samples.run());
    }

    @Test
    void a_null_value_is_unreadable() {
        assertThatThrownBy(() -> runs.decode(null))
                .isInstanceOf(UnreadableEventException.class)
                .hasMessage("null value");
    }

    @Test
    void an_unknown_schema_is_unreadable_but_an_absent_registry_is_not_the_records_fault() throws Exception {
        assertUnreadable(WireFormat.frame(4711, new byte[3]), "schema id 4711 is unknown to the registry");
        registry.answerAll(503, "");
        assertThatThrownBy(() -> runs.decode(WireFormat.frame(4712, new byte[3])))
                .isInstanceOf(RegistryUnavailableException.class);
    }

    // --- strict text -------------------------------------------------------------------------------------------------

    @Test
    void malformed_utf8_is_unreadable_and_names_the_field() throws Exception {
        byte[][] malformed = {
            {(byte) 0xFF},
            {(byte) 0xC3},
            {'a', (byte) 0xC3, 'b'},
            {(byte) 0xC0, (byte) 0x80}, // overlong NUL
            {(byte) 0xED, (byte) 0xA0, (byte) 0x80}, // half a surrogate pair
            {(byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80}, // beyond U+10FFFF
            {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD, (byte) 0x80} // a genuine U+FFFD, then rubbish
        };
        for (byte[] bytes : malformed) {
            for (String field : List.of("source_id", "error_message")) {
                assertUnreadable(raw(field, new Utf8(bytes)), field + ": not well-formed UTF-8");
            }
        }
    }

    @Test
    void a_replacement_character_that_was_really_written_passes() throws Exception {
        for (String text : List.of("\uFFFD", "a\uFFFDb😀", "\uFFFD".repeat(50))) {
            assertThat(runs.decode(raw("source_name", new Utf8(text))).getSourceName())
                    .isEqualTo(text);
        }
    }

    @Test
    void malformed_utf8_in_an_item_is_unreadable() throws Exception {
        Schema schema = new Schema.Parser().parse(EventSchemas.avsc(SourceInsight.class));
        GenericRecord event = generic(Samples.insight(), schema);
        event.put("insights", List.of(new Utf8("good"), new Utf8(new byte[] {(byte) 0x80})));
        EventDecoder<SourceInsight> insights = new EventDecoder<>(SourceInsight.class, client);
        assertThatThrownBy(() -> insights.decode(written(event)))
                .isInstanceOf(UnreadableEventException.class)
                .hasMessage("insights: not well-formed UTF-8");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1-1-1-1-1",
                "",
                "8f14e45f-ceea-467f-a0e6-5f2f0d4c5b6",
                "8f14e45f-ceea-467f-a0e6-5f2f0d4c5b6a0",
                "08f14e45f-ceea-467f-a0e6-5f2f0d4c5b6a",
                "8f14e45fceea467fa0e65f2f0d4c5b6a",
                "{8f14e45f-ceea-467f-a0e6-5f2f0d4c5b6}",
                "8f14e45f-ceea-467f-a0e6-5f2f0d4c5b6g",
                "8f14e45f-ceea-467f-a0e6_5f2f0d4c5b6a",
                "8f14e45-fceea-467f-a0e6-5f2f0d4c5b6a",
                " f14e45f-ceea-467f-a0e6-5f2f0d4c5b6a",
                "+f14e45f-ceea-467f-a0e6-5f2f0d4c5b6a",
                "-f14e45f-ceea-467f-a0e6-5f2f0d4c5b6a",
                "8f14e45f-ceea-467f-a0e6-5f2f0d4c5bé",
                "٨f14e45f-ceea-467f-a0e6-5f2f0d4c5b6"
            })
    void a_uuid_in_another_form_is_unreadable_and_names_the_field(String text) throws Exception {
        assertUnreadable(raw("org_id", new Utf8(text)), "org_id: not a UUID in its 36-character form");
        assertUnreadable(raw("pipeline_id", new Utf8(text)), "pipeline_id: not a UUID in its 36-character form");
    }

    @Test
    void a_uuid_is_read_in_either_case() throws Exception {
        for (String text : List.of(
                "8F14E45F-CEEA-467F-A0E6-5F2F0D4C5B6A",
                "8f14E45f-CEEA-467f-a0e6-5f2f0d4c5b6a",
                "00000000-0000-0000-0000-000000000000",
                "ffffffff-ffff-ffff-ffff-ffffffffffff",
                "80000000-8000-8000-8000-800000000000")) {
            assertThat(runs.decode(raw("org_id", new Utf8(text))).getOrgId()).isEqualTo(UUID.fromString(text));
        }
        for (int i = 0; i < 1_000; i++) {
            UUID uuid = UUID.randomUUID();
            assertThat(runs.decode(raw("org_id", new Utf8(uuid.toString()))).getOrgId())
                    .isEqualTo(uuid);
        }
    }

    @Test
    void any_timestamp_that_avro_can_hold_is_read() throws Exception {
        for (long micros : new long[] {Long.MIN_VALUE, -1, 0, 1, Long.MAX_VALUE}) {
            Instant moment = runs.decode(raw("timestamp", micros)).getTimestamp();
            assertThat(moment.getEpochSecond()).isEqualTo(Math.floorDiv(micros, 1_000_000L));
            assertThat(moment.getNano()).isEqualTo(Math.floorMod(micros, 1_000_000L) * 1_000);
        }
    }

    // --- schema resolution -------------------------------------------------------------------------------------------

    @Test
    void reads_events_of_a_writer_with_another_order_of_fields() throws Exception {
        Schema writer = derived(Collections::reverse);
        assertThat(runs.decode(written(generic(Samples.run(), writer)))).isEqualTo(Samples.run());
    }

    @Test
    void reads_events_of_a_newer_writer_with_another_optional_field() throws Exception {
        Schema text = Schema.createUnion(Schema.create(Schema.Type.NULL), Schema.create(Schema.Type.STRING));
        Schema writer = derived(fields ->
                fields.add(2, new Schema.Field("host", text, "Where it ran.", Schema.Field.NULL_DEFAULT_VALUE)));
        GenericRecord event = generic(Samples.run(), writer);
        event.put("host", new Utf8(new byte[] {(byte) 0xFF})); // not ours: never looked at
        assertThat(runs.decode(written(event))).isEqualTo(Samples.run());
    }

    @Test
    void reads_events_of_an_older_writer_without_a_field_that_has_a_default() throws Exception {
        Schema writer = derived(fields ->
                fields.removeIf(field -> List.of("records_processed", "run_type", "error_message", "duration_seconds")
                        .contains(field.name())));
        PipelineRun expected = Samples.run();
        expected.setRecordsProcessed(0);
        expected.setDurationSeconds(0);
        expected.setRunType(null);
        expected.setErrorMessage(null);
        assertThat(runs.decode(written(generic(Samples.run(), writer)))).isEqualTo(expected);

        Schema insights = new Schema.Parser().parse(EventSchemas.avsc(SourceInsight.class));
        Schema older = derived(
                insights, fields -> fields.removeIf(field -> field.name().equals("insights")));
        assertThat(new EventDecoder<>(SourceInsight.class, client)
                        .decode(written(generic(Samples.insight(), older)))
                        .getInsights())
                .isEmpty();
    }

    @Test
    void reads_narrower_numbers_and_strings_that_are_not_null() throws Exception {
        Schema writer = derived(fields -> {
            replace(fields, "records_processed", Schema.create(Schema.Type.INT));
            replace(fields, "duration_seconds", Schema.create(Schema.Type.FLOAT));
            replace(fields, "error_message", Schema.create(Schema.Type.STRING));
        });
        GenericRecord event = generic(Samples.run(), writer);
        event.put("records_processed", 1_234_567);
        event.put("duration_seconds", 12.5f);
        assertThat(runs.decode(written(event))).isEqualTo(Samples.run());
    }

    @Test
    void a_symbol_that_a_newer_writer_added_is_unreadable_but_its_other_events_are_fine() throws Exception {
        Schema newStatus = Schema.createEnum(
                "RunStatus",
                "State of a run.",
                "dev.pipelinetracker.events",
                List.of("queued", "running", "completed", "failed"));
        Schema writer = derived(fields -> replace(fields, "status", newStatus));
        GenericRecord event = generic(Samples.run(), writer);
        event.put("status", new GenericData.EnumSymbol(newStatus, "completed"));
        assertThat(runs.decode(written(event)).getStatus()).isEqualTo(RunStatus.completed);
        event.put("status", new GenericData.EnumSymbol(newStatus, "queued"));
        assertThatThrownBy(() -> runs.decode(written(event)))
                .isInstanceOf(UnreadableEventException.class)
                .hasMessageContaining(
                        "MISSING_ENUM_SYMBOLS at /fields/4/type/symbols (status): the writer's enum has symbols that this reader does not know yet")
                .hasMessageNotContaining("queued");
    }

    @Test
    void a_schema_without_a_required_field_or_of_another_kind_is_unreadable_and_says_where() throws Exception {
        Schema writer = derived(fields -> fields.removeIf(field -> field.name().equals("timestamp")));
        assertUnreadable(written(generic(Samples.run(), writer)), "READER_FIELD_MISSING_DEFAULT_VALUE");
        assertUnreadable(encoded(Samples.run(), registry.add(Schema.create(Schema.Type.STRING))), "TYPE_MISMATCH");
        Schema insights = new Schema.Parser().parse(EventSchemas.avsc(SourceInsight.class));
        assertUnreadable(written(generic(Samples.insight(), insights)), "NAME_MISMATCH");
    }

    /** Avro's resolution reads them all as microseconds. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\": \"long\", \"logicalType\": \"timestamp-millis\"}",
                "{\"type\": \"long\", \"logicalType\": \"timestamp-nanos\"}",
                "{\"type\": \"long\", \"logicalType\": \"local-timestamp-micros\"}",
                "[\"null\", {\"type\": \"long\", \"logicalType\": \"timestamp-millis\"}]",
                "[{\"type\": \"long\", \"logicalType\": \"timestamp-micros\"}, \"int\"]",
                "\"long\"",
                "{\"type\": \"int\", \"logicalType\": \"date\"}"
            })
    void a_moment_of_another_logical_type_is_unreadable_and_names_field_and_rule(String type) throws Exception {
        Schema writer = derived(fields -> replace(fields, "timestamp", new Schema.Parser().parse(type)));
        // No event of that schema is looked at.
        assertUnreadable(
                WireFormat.frame(registry.add(writer), new byte[0]),
                ": timestamp: its logicalType must be timestamp-micros and is ");
    }

    @Test
    void numbers_and_bytes_that_have_a_meaning_of_their_own_are_unreadable_too() throws Exception {
        Schema writer = derived(fields -> {
            replace(
                    fields,
                    "records_processed",
                    LogicalTypes.timeMicros().addToSchema(Schema.create(Schema.Type.LONG)));
            replace(fields, "error_message", LogicalTypes.decimal(4).addToSchema(Schema.create(Schema.Type.BYTES)));
        });
        assertUnreadable(
                WireFormat.frame(registry.add(writer), new byte[0]),
                ": records_processed: its logicalType must be none and is time-micros;"
                        + " error_message: its logicalType must be none and is decimal");
    }

    @Test
    void text_may_say_that_it_is_a_uuid_or_not() throws Exception {
        Schema writer = derived(fields -> {
            replace(fields, "org_id", Schema.create(Schema.Type.STRING));
            replace(fields, "source_name", LogicalTypes.uuid().addToSchema(Schema.create(Schema.Type.STRING)));
        });
        assertThat(runs.decode(written(generic(Samples.run(), writer)))).isEqualTo(Samples.run());
    }

    // --- helpers -----------------------------------------------------------------------------------------------------

    private void assertUnreadable(byte[] payload, String message) {
        assertThatThrownBy(() -> runs.decode(payload))
                .isInstanceOf(UnreadableEventException.class)
                .hasMessageContaining(message);
    }

    private byte[] encoded(PipelineRun event) {
        return encoded(event, client.register("runs", EventSchemas.avsc(PipelineRun.class)));
    }

    private static byte[] encoded(PipelineRun event, int id) {
        return new EventEncoder<>(PipelineRun.class, id).encode(event);
    }

    /** A run with one raw value replaced. */
    private byte[] raw(String field, Object value) throws IOException {
        GenericRecord event = generic(Samples.run(), new Schema.Parser().parse(EventSchemas.avsc(PipelineRun.class)));
        event.put(field, value);
        return written(event);
    }

    private byte[] written(GenericRecord event) throws IOException {
        int id = ids.computeIfAbsent(event.getSchema(), registry::add);
        ByteArrayOutputStream avro = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(avro, null);
        new GenericDatumWriter<GenericRecord>(event.getSchema()).write(event, encoder);
        encoder.flush();
        return WireFormat.frame(id, avro.toByteArray());
    }

    /** The event's raw values, by name, as a record of another schema. */
    private static GenericRecord generic(SpecificRecord event, Schema schema) {
        GenericRecord generic = new GenericData.Record(schema);
        for (Schema.Field field : schema.getFields()) {
            Schema.Field source = event.getSchema().getField(field.name());
            if (source != null) {
                generic.put(field.pos(), rawValue(event.get(source.pos()), field.schema()));
            }
        }
        return generic;
    }

    private static Object rawValue(Object value, Schema schema) {
        if (value instanceof UUID uuid) {
            return new Utf8(uuid.toString().getBytes(StandardCharsets.US_ASCII));
        }
        if (value instanceof Instant moment) {
            return Math.addExact(Math.multiplyExact(moment.getEpochSecond(), 1_000_000L), moment.getNano() / 1_000);
        }
        if (value instanceof Enum<?> constant) {
            Schema type = schema.isUnion() ? Unions.nonNull("?", schema) : schema;
            return new GenericData.EnumSymbol(type, constant.name());
        }
        return value;
    }

    private static Schema derived(Consumer<List<Schema.Field>> change) {
        return derived(new Schema.Parser().parse(EventSchemas.avsc(PipelineRun.class)), change);
    }

    private static Schema derived(Schema schema, Consumer<List<Schema.Field>> change) {
        List<Schema.Field> fields = new ArrayList<>();
        schema.getFields().forEach(field -> fields.add(new Schema.Field(field, field.schema())));
        change.accept(fields);
        return Schema.createRecord(schema.getName(), schema.getDoc(), schema.getNamespace(), false, fields);
    }

    private static void replace(List<Schema.Field> fields, String name, Schema type) {
        fields.replaceAll(field -> field.name().equals(name) ? new Schema.Field(name, type, field.doc()) : field);
    }
}

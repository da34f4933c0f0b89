package dev.pipelinetracker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventRulesTest {
    private static final int LONGEST = 4_194_304;

    @Test
    void good_events_pass() {
        Stream.of(Samples.run(), Samples.insight(), Samples.visualization())
                .forEach(event -> assertThatCode(() -> check(event)).doesNotThrowAnyException());
    }

    static Stream<Arguments> lengths() {
        return Stream.of(
                Arguments.of(Samples.run(), "source_id", 1, 50),
                Arguments.of(Samples.run(), "source_name", 1, 255),
                Arguments.of(Samples.run(), "error_message", 0, LONGEST),
                Arguments.of(Samples.insight(), "source_id", 1, 50),
                Arguments.of(Samples.insight(), "source_name", 0, 255),
                Arguments.of(Samples.insight(), "source_icon", 0, 10),
                Arguments.of(Samples.insight(), "data_summary", 0, LONGEST),
                Arguments.of(Samples.visualization(), "source_id", 1, 50),
                Arguments.of(Samples.visualization(), "chart_type", 1, 50),
                Arguments.of(Samples.visualization(), "chart_title", 0, 255),
                Arguments.of(Samples.visualization(), "x_column", 0, 100),
                Arguments.of(Samples.visualization(), "y_column", 0, 100));
    }

    @ParameterizedTest
    @MethodSource("lengths")
    void a_text_keeps_its_length_in_code_points(SpecificRecord event, String field, int min, int max) {
        for (String character : List.of("a", "é", "字", "😀")) {
            assertValid(event, field, character.repeat(max));
            assertInvalid(event, field, character.repeat(max + 1), "must have at most " + max + " characters");
        }
        assertValid(event, field, "x".repeat(min));
        if (min == 1) {
            assertInvalid(event, field, "", "must not be empty");
        }
    }

    @ParameterizedTest
    @MethodSource("lengths")
    void a_text_has_neither_nul_nor_half_a_pair(SpecificRecord event, String field, int min, int max) {
        assertInvalid(event, field, "a\0", "must not contain NUL (U+0000)");
        for (String broken :
                List.of("\uD83D", "\uDE00", "a\uD83Db", "\uDE00\uD83D", "\uD83D\uD83D\uDE00", "😀\uDE00")) {
            assertInvalid(event, field, broken, "must not contain half of a surrogate pair");
        }
        assertValid(event, field, "\uFFFD\uFFFF");
    }

    @Test
    void items_of_an_array_are_named_with_their_index() {
        SourceInsight event = Samples.insight();
        assertValid(event, "insights", List.of());
        assertValid(event, "insights", List.of("x".repeat(LONGEST)));
        assertInvalid(event, "insights", List.of("a", "b\0"), "insights[1]", "must not contain NUL (U+0000)");
        assertInvalid(
                event,
                "insights",
                List.of("x".repeat(LONGEST + 1)),
                "insights[0]",
                "must have at most 4194304 characters");
        assertInvalid(event, "insights", Arrays.asList("a", null), "insights[1]", "must not be null");
    }

    @Test
    void a_count_fits_into_an_integer_column() {
        for (Arguments field : List.of(
                Arguments.of(Samples.run(), "records_processed"),
                Arguments.of(Samples.insight(), "records_analyzed"))) {
            SpecificRecord event = (SpecificRecord) field.get()[0];
            String name = (String) field.get()[1];
            assertValid(event, name, 0L);
            assertValid(event, name, 2_147_483_647L);
            assertInvalid(event, name, -1L, "must be at least 0");
            assertInvalid(event, name, Long.MIN_VALUE, "must be at least 0");
            assertInvalid(event, name, 2_147_483_648L, "must be at most 2147483647");
            assertInvalid(event, name, Long.MAX_VALUE, "must be at most 2147483647");
        }
    }

    @Test
    void a_duration_is_finite_and_not_negative() {
        PipelineRun event = Samples.run();
        for (double good : new double[] {0.0, -0.0, Double.MIN_VALUE, 1e300, Double.MAX_VALUE}) {
            assertValid(event, "duration_seconds", good);
        }
        for (double infinite : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            assertInvalid(event, "duration_seconds", infinite, "must be finite");
        }
        assertInvalid(event, "duration_seconds", -Double.MIN_VALUE, "must be at least 0");
    }

    static Stream<Arguments> timestamps() {
        return Stream.of(
                Arguments.of(Samples.run(), "timestamp"),
                Arguments.of(Samples.insight(), "generated_at"),
                Arguments.of(Samples.visualization(), "generated_at"));
    }

    @ParameterizedTest
    @MethodSource("timestamps")
    void a_timestamp_is_in_years_1_to_9999_and_in_whole_microseconds(SpecificRecord event, String field) {
        assertValid(event, field, Instant.parse("0001-01-01T00:00:00Z"));
        assertValid(event, field, Instant.parse("9999-12-31T23:59:59.999999Z"));
        assertValid(event, field, Instant.parse("1969-12-31T23:59:59.999999Z"));
        String years = "must be in the years 1 to 9999 (UTC)";
        assertInvalid(event, field, Instant.parse("0000-12-31T23:59:59.999999Z"), years);
        assertInvalid(event, field, Instant.parse("+10000-01-01T00:00:00Z"), years);
        assertInvalid(event, field, Instant.MIN, years);
        assertInvalid(event, field, Instant.MAX, years);
        assertInvalid(event, field, Instant.ofEpochSecond(0, 1), "must be in whole microseconds");
    }

    @Test
    void null_stands_only_where_the_schema_allows_it() {
        for (SpecificRecord event : List.of(Samples.run(), Samples.insight(), Samples.visualization())) {
            for (Schema.Field field : event.getSchema().getFields()) {
                if (field.schema().isNullable()) {
                    assertValid(event, field.name(), null);
                } else {
                    assertInvalidPut(event, field, "must not be null");
                }
            }
        }
    }

    @Test
    void generated_texts_get_the_verdict_of_an_obvious_model() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(60);
            for (int c = 0; c < length; c++) {
                text.append(
                        switch (random.nextInt(40)) {
                            case 0 -> "\0";
                            case 1 -> Character.toString((char) (0xD800 + random.nextInt(0x800)));
                            case 2, 3, 4, 5 -> "😀";
                            default -> Character.toString((char) (1 + random.nextInt(0xD7FF)));
                        });
            }
            String candidate = text.toString();
            int[] codePoints = candidate.codePoints().toArray();
            boolean good = codePoints.length >= 1
                    && codePoints.length <= 50
                    && Arrays.stream(codePoints).noneMatch(point -> point == 0 || (point >= 0xD800 && point <= 0xDFFF));
            assertThat(isValid(Samples.run(), "source_id", candidate))
                    .as("seed %d, text %d", seed, i)
                    .isEqualTo(good);
        }
    }

    @Test
    void the_message_names_field_and_rule_but_not_the_value_and_costs_no_stack_trace() {
        PipelineRun event = Samples.run();
        event.setRecordsProcessed(4_000_000_000L);
        InvalidEventException refusal = catchThrowableOfType(
                InvalidEventException.class,
                () -> EventRules.of(event.getSchema()).check(event));
        assertThat(refusal).hasMessage("records_processed: must be at most 2147483647");
        assertThat(refusal.field()).isEqualTo("records_processed");
        assertThat(refusal.rule()).isEqualTo("must be at most 2147483647");
        assertThat(refusal.getStackTrace()).isEmpty();
    }

    @Test
    void rules_come_from_the_avsc_as_from_the_class() throws Exception {
        Schema avsc = new Schema.Parser().parse(EventSchemas.avsc(Visualization.class));
        EventRules rules = EventRules.of(avsc);
        rules.check(Samples.visualization());
        Visualization event = Samples.visualization();
        event.setChartConfig("[]");
        assertThatThrownBy(() -> rules.check(event)).isInstanceOf(InvalidEventException.class);
    }

    @Test
    void a_value_of_another_java_type_is_invalid_not_an_error() {
        Schema schema = PipelineRun.getClassSchema();
        EventRules rules = EventRules.of(schema);
        for (Schema.Field field : schema.getFields()) {
            if (isEnum(field)) {
                continue; // by its type the generated class cannot hold another
            }
            GenericData.Record event = new GenericData.Record(schema);
            schema.getFields().forEach(f -> event.put(f.pos(), Samples.run().get(f.pos())));
            event.put(field.pos(), new Object());
            assertThatThrownBy(() -> rules.check(event))
                    .isInstanceOf(InvalidEventException.class)
                    .hasMessageStartingWith(field.name() + ": must be a");
        }
    }

    private static boolean isEnum(Schema.Field field) {
        return field.schema().getType() == Schema.Type.ENUM || field.name().equals("run_type");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'name':'f','type':'long','maxLength':3}",
                "{'name':'f','type':'string','minimum':3}",
                "{'name':'f','type':'string','maxlength':3}",
                "{'name':'f','type':'string','maxLength':'3'}",
                "{'name':'f','type':'string','maxLength':3.5}",
                "{'name':'f','type':'string','maxLength':-1}",
                "{'name':'f','type':'string','maxLength':4194305}",
                "{'name':'f','type':'string','minLength':-1}",
                "{'name':'f','type':'string','minLength':3,'maxLength':2}",
                "{'name':'f','type':'string','pattern':'a*'}",
                "{'name':'f','type':'string','contentMediaType':'text/plain'}",
                "{'name':'f','type':{'type':'string','maxLength':3}}",
                "{'name':'f','type':['null',{'type':'string','maxLength':3}]}",
                "{'name':'f','type':'long','minimum':2,'maximum':1}",
                "{'name':'f','type':'long','minimum':0.5}",
                "{'name':'f','type':'double','minimum':'0'}",
                "{'name':'f','type':'double','minimum':2,'maximum':1}",
                "{'name':'f','type':{'type':'array','items':'string'},'maxLength':3}",
                "{'name':'f','type':{'type':'array','items':'string','maxItems':3}}",
                "{'name':'f','type':{'type':'enum','name':'E','symbols':['A']},'maxLength':3}",
                "{'name':'f','type':{'type':'string','logicalType':'uuid'},'maxLength':36}",
                "{'name':'f','type':{'type':'long','logicalType':'timestamp-micros'},'minimum':0}",
                "{'name':'f','type':{'type':'long','logicalType':'timestamp-millis'}}",
                "{'name':'f','type':{'type':'string','logicalType':'no-such-type'}}",
                "{'name':'f','type':['null','string','long']}",
                "{'name':'f','type':['string']}",
                "{'name':'f','type':'bytes'}",
                "{'name':'f','type':{'type':'map','values':'string'}}"
            })
    void a_rule_that_cannot_be_kept_fails_loudly_at_once(String field) {
        Schema schema = schemaOf(field);
        assertThatThrownBy(() -> EventRules.of(schema)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'name':'f','type':'string','confluent:tags':['PII']}",
                "{'name':'f','type':{'type':'string','avro.java.string':'String'}}",
                "{'name':'f','type':['string','null'],'maxLength':3}",
                "{'name':'f','type':'boolean'}",
                "{'name':'f','type':'int','maximum':3}",
                "{'name':'f','type':'float','maximum':3.5}",
                "{'name':'f','type':{'type':'array','items':{'type':'string','maxLength':3}}}",
                "{'name':'f','type':{'type':'array','items':{'type':'string','logicalType':'uuid'}}}"
            })
    void other_peoples_properties_and_types_that_events_may_need_are_fine(String field) {
        assertThatCode(() -> EventRules.of(schemaOf(field))).doesNotThrowAnyException();
    }

    @Test
    void an_items_own_rule_is_kept() {
        Schema schema = schemaOf("{'name':'f','type':{'type':'array','items':{'type':'string','maxLength':3}}}");
        GenericData.Record event = new GenericData.Record(schema);
        event.put(0, List.of("abc", "abcd"));
        assertThatThrownBy(() -> EventRules.of(schema).check(event)).hasMessage("f[1]: must have at most 3 characters");
    }

    @Test
    void a_record_without_fields_has_no_rules() {
        Schema empty = SchemaBuilder.record("R").fields().endRecord();
        assertThatCode(() -> EventRules.of(empty).check(new GenericData.Record(empty)))
                .doesNotThrowAnyException();
    }

    private static Schema schemaOf(String field) {
        return new Schema.Parser().parse(("{'type':'record','name':'R','fields':[" + field + "]}").replace('\'', '"'));
    }

    private static void check(SpecificRecord event) throws InvalidEventException {
        EventRules.of(event.getSchema()).check(event);
    }

    private static void assertValid(SpecificRecord event, String field, @Nullable Object value) {
        assertThatCode(() -> check(with(event, field, value))).as(field).doesNotThrowAnyException();
    }

    private static boolean isValid(SpecificRecord event, String field, Object value) {
        try {
            check(with(event, field, value));
            return true;
        } catch (InvalidEventException e) {
            return false;
        }
    }

    private static void assertInvalid(SpecificRecord event, String field, Object value, String rule) {
        assertInvalid(event, field, value, field, rule);
    }

    private static void assertInvalid(
            SpecificRecord event, String field, Object value, String namedField, String rule) {
        assertThatThrownBy(() -> check(with(event, field, value)))
                .isInstanceOf(InvalidEventException.class)
                .hasMessage(namedField + ": " + rule);
    }

    /** Primitive fields of a generated class cannot be null; a generic record's can. */
    private static void assertInvalidPut(SpecificRecord event, Schema.Field field, String rule) {
        GenericData.Record generic = new GenericData.Record(event.getSchema());
        event.getSchema().getFields().forEach(f -> generic.put(f.pos(), event.get(f.pos())));
        generic.put(field.pos(), null);
        assertThatThrownBy(() -> EventRules.of(event.getSchema()).check(generic))
                .hasMessage(field.name() + ": " + rule);
    }

    private static SpecificRecord with(SpecificRecord event, String field, @Nullable Object value) {
        SpecificRecord copy = switch (event.getSchema().getName()) {
            case "PipelineRun" -> new PipelineRun();
            case "SourceInsight" -> new SourceInsight();
            default -> new Visualization();
        };
        event.getSchema().getFields().forEach(f -> {
            copy.put(f.pos(), f.name().equals(field) ? value : event.get(f.pos()));
        });
        return copy;
    }
}

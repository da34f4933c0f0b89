package dev.pipelinetracker.publishing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.publish.EventFeed;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every rule of the contract, of every field, broken once, each on a line of its own, by {@code publish --check}. */
class EveryRuleBrokenTest {

    private static final String NOT_A_UUID = "must be a UUID in its 36-character form";
    private static final String NOT_A_MOMENT =
            "must be an ISO 8601 timestamp with T and an offset or Z, or microseconds since 1970";
    private static final String NOT_AN_OBJECT = "must be one JSON object (RFC 8259) with distinct names";
    private static final String HALF = "must not contain half of a surrogate pair";
    private static final String TOO_LONG = "must have at most 4194304 characters";

    private final List<Broken> broken = new ArrayList<>();

    @Test
    void ofRuns() {
        uuid("org_id");
        uuid("pipeline_id");
        text("source_id", 1, 50);
        text("source_name", 1, 255);
        required("status");
        breaks("status", "symbol", "\"done\"", "must be one of running, completed, failed");
        count("records_processed");
        breaks("duration_seconds", "null", "null", "must not be null");
        breaks("duration_seconds", "type", "\"1\"", "must be a number");
        breaks("duration_seconds", "finite", "\"NaN\"", "must be finite");
        breaks("duration_seconds", "finite", "1e999", "must be finite");
        breaks("duration_seconds", "minimum", "-0.5", "must be at least 0");
        longText("error_message");
        breaks("run_type", "symbol", "\"elt\"", "must be one of etl, rag, etl+rag");
        moment("timestamp");
        assertTold(EventFeed.PIPELINE_RUNS);
    }

    @Test
    void ofInsights() {
        uuid("org_id");
        text("source_id", 1, 50);
        text("source_name", 0, 255);
        text("source_icon", 0, 10);
        longText("data_summary");
        breaks("insights", "null", "null", "must not be null");
        breaks("insights", "type", "\"one\"", "must be an array of strings");
        item("type", "1", "must be a string");
        item("type", "null", "must be a string");
        item("NUL", "\"\\u0000\"", "must not contain NUL (U+0000)");
        item("surrogate", "\"\\ud800\"", HALF);
        item("longest", characters(4_194_305), TOO_LONG);
        count("records_analyzed");
        required("generated_from");
        breaks("generated_from", "symbol", "\"etl+rag\"", "must be one of etl, rag");
        moment("generated_at");
        assertTold(EventFeed.INSIGHTS);
    }

    @Test
    void ofCharts() {
        uuid("org_id");
        text("source_id", 1, 50);
        text("chart_type", 1, 50);
        text("chart_title", 0, 255);
        text("x_column", 0, 100);
        text("y_column", 0, 100);
        required("chart_config");
        longText("chart_config");
        breaks("chart_config", "contentMediaType", "\"{\"", NOT_AN_OBJECT);
        breaks("chart_config", "object", "\"[]\"", NOT_AN_OBJECT);
        breaks("chart_config", "names", "\"{\\\"a\\\": 1, \\\"a\\\": 2}\"", NOT_AN_OBJECT);
        breaks(
                "chart_config",
                "depth",
                "\"{\\\"a\\\":" + "[".repeat(500) + "]".repeat(500) + "}\"",
                "must not nest deeper than 500 levels");
        breaks(
                "chart_config",
                "digits",
                "\"{\\\"a\\\": 1e131072}\"",
                "must have numbers of at most 131072 digits before and 16383 after the decimal point");
        breaks("chart_config", "escaped NUL", "\"{\\\"a\\\": \\\"\\\\u0000\\\"}\"", "must not contain NUL (\\u0000)");
        breaks("chart_config", "escaped surrogate", "\"{\\\"a\\\": \\\"\\\\ud800\\\"}\"", HALF);
        moment("generated_at");
        assertTold(EventFeed.VISUALIZATIONS);
    }

    @Test
    void ofLines() {
        String run = SampleLine.of(EventFeed.PIPELINE_RUNS);
        line("[1]", "event: must be a JSON object");
        line("{\"org_id\": tru", "event: must be valid JSON without duplicate names (column 1");
        line(
                "{\"status\": \"failed\", \"status\": \"failed\"}",
                "event: must be valid JSON without duplicate names (column ");
        line(run + run, "event: must be valid JSON without duplicate names (column ");
        line(
                SampleLine.with(run, "records", "1"),
                "records: no such field; the fields are org_id, pipeline_id, source_id, source_name, status,"
                        + " records_processed, duration_seconds, error_message, run_type, timestamp");
        assertReported(EventFeed.PIPELINE_RUNS);
    }

    private void required(String field) {
        broken.add(new Broken(field, "missing", null, field + ": is missing"));
        breaks(field, "null", "null", "must not be null");
    }

    private void uuid(String field) {
        required(field);
        breaks(field, "uuid", "\"1-1-1-1-1\"", NOT_A_UUID);
        breaks(field, "uuid", "7", NOT_A_UUID);
    }

    private void text(String field, int min, int max) {
        if (min == 1) {
            required(field);
            breaks(field, "minLength", "\"\"", "must not be empty");
        }
        anyText(field);
        breaks(field, "maxLength", characters(max + 1), "must have at most " + max + " characters");
    }

    private void longText(String field) {
        anyText(field);
        breaks(field, "longest", characters(4_194_305), TOO_LONG);
    }

    private void anyText(String field) {
        breaks(field, "type", "7", "must be a string");
        breaks(field, "NUL", "\"a\\u0000b\"", "must not contain NUL (U+0000)");
        breaks(field, "surrogate", "\"a\\udc00b\"", HALF);
    }

    private void count(String field) {
        breaks(field, "null", "null", "must not be null");
        breaks(field, "type", "1.5", "must be an integer, written without a decimal point");
        breaks(field, "64 bits", "9223372036854775808", "must be an integer of 64 bits");
        breaks(field, "minimum", "-1", "must be at least 0");
        breaks(field, "maximum", "2147483648", "must be at most 2147483647");
    }

    private void moment(String field) {
        required(field);
        breaks(field, "moment", "\"2026-03-08T07:30:00\"", NOT_A_MOMENT);
        breaks(field, "moment", "1.5", NOT_A_MOMENT);
        breaks(field, "micros", "\"2026-03-08T07:30:00.1234567Z\"", "must be in whole microseconds");
        breaks(field, "years", "\"+10000-01-01T00:00:00Z\"", "must be in the years 1 to 9999 (UTC)");
        breaks(field, "years", "\"0000-12-31T23:59:59Z\"", "must be in the years 1 to 9999 (UTC)");
    }

    private void item(String rule, String json, String message) {
        broken.add(new Broken("insights", "[] " + rule, "[\"fine\", " + json + "]", "insights[1]: " + message));
    }

    private void breaks(String field, String rule, String json, String message) {
        broken.add(new Broken(field, rule, json, field + ": " + message));
    }

    private void line(String line, String message) {
        broken.add(new Broken("", "line", line, message));
    }

    /** Two-byte and four-byte characters: code points are what counts. */
    private static String characters(int count) {
        return "\"" + "é😀".repeat(count / 2) + "é".repeat(count % 2) + "\"";
    }

    /** Also that no rule of the schema is without a case. */
    private void assertTold(EventFeed feed) {
        Set<String> covered = new TreeSet<>();
        broken.forEach(each -> covered.add(each.name()));
        assertThat(covered).isEqualTo(FieldRules.of(feed));
        assertReported(feed);
    }

    private void assertReported(EventFeed feed) {
        String good = SampleLine.of(feed);
        StringBuilder lines = new StringBuilder(good).append('\n');
        broken.forEach(each -> lines.append(each.line(good)).append('\n'));
        CommandLineRun check = CommandLineRun.of(lines.toString(), "publish", "--check", "--feed=" + feed);
        List<String> reported = check.err().lines().toList();
        for (int i = 0; i < broken.size(); i++) {
            assertThat(reported.get(i))
                    .startsWith("line " + (i + 2) + ": " + broken.get(i).report());
        }
        assertThat(reported.subList(broken.size(), reported.size()))
                .containsExactly(feed + ": 1 good, " + broken.size() + " bad");
        assertThat(check.exitCode()).isEqualTo(1);
    }

    /** @param json the field's value; null if the field is left out */
    private record Broken(
            String field, String rule, @Nullable String json, String report) {

        String name() {
            return rule.startsWith("[] ") ? field + rule : field + " " + rule;
        }

        String line(String good) {
            if (field.isEmpty()) {
                return String.valueOf(json);
            }
            return json == null ? SampleLine.without(good, field) : SampleLine.with(good, field, json);
        }
    }
}

package dev.pipelinetracker.publishing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunType;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.publish.EventFeed;
import dev.pipelinetracker.wire.InvalidEventException;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class EventJsonTest {

    private static final String RUN = sample(EventFeed.PIPELINE_RUNS);
    private static final String INSIGHT = sample(EventFeed.INSIGHTS);
    private static final String CHART = sample(EventFeed.VISUALIZATIONS);

    @ParameterizedTest
    @EnumSource
    void theSampleIsValid(EventFeed feed) throws Exception {
        assertThat(new EventJson(feed).read(sample(feed))).isInstanceOf(feed.eventType());
    }

    @Test
    void whatPeopleWriteIsUnderstood() throws Exception {
        assertThat(run(RUN, "timestamp", "\"2026-03-08T07:30:00.123456+05:30\"").getTimestamp())
                .isEqualTo(Instant.parse("2026-03-08T02:00:00.123456Z"));
        assertThat(run(RUN, "timestamp", "1772953200123456").getTimestamp())
                .isEqualTo(Instant.parse("2026-03-08T07:00:00.123456Z"));
        assertThat(run(RUN, "run_type", "\"etl+rag\"").getRunType()).isEqualTo(RunType.etl_rag);
        assertThat(run(RUN, "run_type", "\"etl_rag\"").getRunType()).isEqualTo(RunType.etl_rag);
        assertThat(run(RUN, "run_type", "{\"dev.pipelinetracker.events.RunType\": \"rag\"}")
                        .getRunType())
                .isEqualTo(RunType.rag);
        assertThat(run(RUN, "error_message", "{\"string\": \"no 😀\"}").getErrorMessage())
                .isEqualTo("no 😀");
        PipelineRun run = (PipelineRun) new EventJson(EventFeed.PIPELINE_RUNS)
                .read(without(without(without(RUN, "run_type"), "records_processed"), "error_message"));
        assertThat(run.getRunType()).isNull();
        assertThat(run.getRecordsProcessed()).isZero();
        SourceInsight insight = (SourceInsight) new EventJson(EventFeed.INSIGHTS).read(without(INSIGHT, "insights"));
        assertThat(insight.getInsights()).isEmpty();
        Visualization chart = (Visualization)
                new EventJson(EventFeed.VISUALIZATIONS).read(with(CHART, "chart_config", "\"{\\\"data\\\": []}\""));
        assertThat(chart.getChartConfig()).isEqualTo("{\"data\": []}");
    }

    /** Every rule of the contract's first section, broken once, each on a line of its own. */
    @Test
    void everyRuleBrokenOnceIsToldWithLineFieldAndRule() throws Exception {
        String tooLong = "\"" + "😀".repeat(51) + "\"";
        assertBroken(
                EventFeed.PIPELINE_RUNS,
                List.of(
                        broken(RUN, "org_id", "\"acme\"", "must be a UUID in its 36-character form"),
                        broken(RUN, "org_id", "null", "must not be null"),
                        broken(RUN, "pipeline_id", "\"1-1-1-1-1\"", "must be a UUID in its 36-character form"),
                        broken(RUN, "source_id", "\"\"", "must not be empty"),
                        broken(RUN, "source_id", tooLong, "must have at most 50 characters"),
                        broken(RUN, "source_id", "7", "must be a string"),
                        broken(RUN, "source_name", "\"\"", "must not be empty"),
                        broken(RUN, "source_name", text(256), "must have at most 255 characters"),
                        broken(RUN, "source_name", "\"a\\u0000b\"", "must not contain NUL (U+0000)"),
                        broken(RUN, "source_name", "\"a\\ud800b\"", "must not contain half of a surrogate pair"),
                        broken(RUN, "status", "\"done\"", "must be one of running, completed, failed"),
                        broken(RUN, "records_processed", "-1", "must be at least 0"),
                        broken(RUN, "records_processed", "2147483648", "must be at most 2147483647"),
                        broken(RUN, "records_processed", "9223372036854775808", "must be an integer of 64 bits"),
                        broken(RUN, "records_processed", "1.5", "must be an integer"),
                        broken(RUN, "duration_seconds", "-0.5", "must be at least 0"),
                        broken(RUN, "duration_seconds", "\"NaN\"", "must be finite"),
                        broken(RUN, "duration_seconds", "1e999", "must be finite"),
                        broken(RUN, "duration_seconds", "\"1\"", "must be a number"),
                        broken(RUN, "error_message", "\"\\u0000\"", "must not contain NUL (U+0000)"),
                        broken(RUN, "run_type", "\"elt\"", "must be one of etl, rag, etl+rag"),
                        broken(
                                RUN,
                                "timestamp",
                                "\"2026-03-08T07:30:00\"",
                                "must be an ISO 8601 timestamp with an offset or Z, or microseconds since 1970"),
                        broken(RUN, "timestamp", "\"2026-03-08T07:30:00.1234567Z\"", "must be in whole microseconds"),
                        broken(RUN, "timestamp", "\"+10000-01-01T00:00:00Z\"", "must be in the years 1 to 9999 (UTC)"),
                        new Broken(without(RUN, "status"), "status: is missing"),
                        new Broken(
                                with(RUN, "records", "1"),
                                "records: no such field; the fields are org_id, pipeline_id, source_id, source_name,"
                                        + " status, records_processed, duration_seconds, error_message, run_type,"
                                        + " timestamp"),
                        new Broken("[1]", "event: must be a JSON object"),
                        new Broken("{\"org_id\": tru", "event: must be valid JSON without duplicate names"),
                        new Broken(
                                "{\"status\": \"failed\", \"status\": \"failed\"}",
                                "event: must be valid JSON without duplicate names")));
        assertBroken(
                EventFeed.INSIGHTS,
                List.of(
                        broken(INSIGHT, "org_id", "1", "must be a UUID in its 36-character form"),
                        broken(INSIGHT, "source_id", tooLong, "must have at most 50 characters"),
                        broken(INSIGHT, "source_name", text(256), "must have at most 255 characters"),
                        broken(INSIGHT, "source_icon", text(11), "must have at most 10 characters"),
                        broken(INSIGHT, "data_summary", "\"\\udc00\"", "must not contain half of a surrogate pair"),
                        broken(INSIGHT, "insights", "null", "must not be null"),
                        broken(INSIGHT, "insights", "\"one\"", "must be an array of strings"),
                        new Broken(with(INSIGHT, "insights", "[\"a\", 1]"), "insights[1]: must be a string"),
                        new Broken(
                                with(INSIGHT, "insights", "[\"a\", \"\\u0000\"]"),
                                "insights[1]: must not contain NUL (U+0000)"),
                        broken(INSIGHT, "records_analyzed", "2147483648", "must be at most 2147483647"),
                        broken(INSIGHT, "generated_from", "\"etl+rag\"", "must be one of etl, rag"),
                        broken(INSIGHT, "generated_from", "null", "must not be null"),
                        broken(
                                INSIGHT,
                                "generated_at",
                                "\"today\"",
                                "must be an ISO 8601 timestamp with an offset or Z, or microseconds since 1970")));
        assertBroken(
                EventFeed.VISUALIZATIONS,
                List.of(
                        broken(CHART, "org_id", "\"\"", "must be a UUID in its 36-character form"),
                        broken(CHART, "source_id", "\"\"", "must not be empty"),
                        broken(CHART, "chart_type", "\"\"", "must not be empty"),
                        broken(CHART, "chart_type", text(51), "must have at most 50 characters"),
                        broken(CHART, "chart_title", text(256), "must have at most 255 characters"),
                        broken(CHART, "x_column", text(101), "must have at most 100 characters"),
                        broken(CHART, "y_column", text(101), "must have at most 100 characters"),
                        broken(CHART, "chart_config", "[]", "must be a string"),
                        brokenAnyhow(CHART, "chart_config", "\"[]\""),
                        brokenAnyhow(CHART, "chart_config", "\"{\""),
                        brokenAnyhow(CHART, "chart_config", "\"{\\\"a\\\": 1, \\\"a\\\": 2}\""),
                        broken(CHART, "generated_at", "null", "must not be null")));
    }

    @Test
    void lineNumbersCountEmptyLinesAndABadLineHoldsUpNoOther() throws Exception {
        byte[] notUtf8 = RUN.replace("Orders", "Or\u00FFders").getBytes(StandardCharsets.ISO_8859_1);
        java.io.ByteArrayOutputStream lines = new java.io.ByteArrayOutputStream();
        lines.write(("\uFEFF" + RUN + "\r\n\n  \n").getBytes(StandardCharsets.UTF_8));
        lines.write(notUtf8);
        lines.write(("\n" + RUN).getBytes(StandardCharsets.UTF_8));
        StringWriter err = new StringWriter();
        assertThat(new PublishLines(EventFeed.PIPELINE_RUNS, null, new PrintWriter(err), false)
                        .publish(new ByteArrayInputStream(lines.toByteArray())))
                .isFalse();
        assertThat(err.toString().lines())
                .containsExactly("line 4: event: must be UTF-8", "pipeline-runs: 2 good, 1 bad");
    }

    @ParameterizedTest
    @CsvSource({"pipeline-runs", "insights", "visualizations"})
    void aFeedIsFoundByItsName(String name) {
        assertThat(EventFeed.named(name)).get().hasToString(name);
    }

    @Test
    void noMessageQuotesAValue() {
        assertThatThrownBy(() -> new EventJson(EventFeed.PIPELINE_RUNS).read(with(RUN, "status", "\"secret\"")))
                .isInstanceOf(InvalidEventException.class)
                .hasMessageNotContaining("secret");
        assertThatThrownBy(() -> new EventJson(EventFeed.PIPELINE_RUNS).read("{secret: 1}"))
                .isInstanceOf(InvalidEventException.class)
                .hasMessageNotContaining("secret");
    }

    private static void assertBroken(EventFeed feed, List<Broken> broken) throws Exception {
        StringBuilder lines = new StringBuilder(sample(feed)).append('\n');
        broken.forEach(each -> lines.append(each.line()).append('\n'));
        StringWriter err = new StringWriter();
        boolean allGood = new PublishLines(feed, null, new PrintWriter(err), false)
                .publish(new ByteArrayInputStream(lines.toString().getBytes(StandardCharsets.UTF_8)));
        assertThat(allGood).isFalse();
        List<String> reported = err.toString().lines().toList();
        for (int i = 0; i < broken.size(); i++) {
            assertThat(reported.get(i))
                    .startsWith("line " + (i + 2) + ": " + broken.get(i).report());
        }
        assertThat(reported.get(broken.size())).isEqualTo(feed + ": 1 good, " + broken.size() + " bad");
        assertThat(reported).hasSize(broken.size() + 1);
    }

    /** A line, and how its report starts after the line's number. */
    private record Broken(String line, String report) {}

    private static Broken broken(String event, String field, String json, String rule) {
        return new Broken(with(event, field, json), field + ": " + rule);
    }

    private static Broken brokenAnyhow(String event, String field, String json) {
        return new Broken(with(event, field, json), field + ": must");
    }

    private static String text(int characters) {
        return "\"" + "é".repeat(characters) + "\"";
    }

    private static PipelineRun run(String event, String field, String json) throws InvalidEventException {
        return (PipelineRun) new EventJson(EventFeed.PIPELINE_RUNS).read(with(event, field, json));
    }

    private static String sample(EventFeed feed) {
        return SampleEvents.of(feed, UUID.fromString("11111111-1111-4111-8111-111111111111"));
    }

    private static String with(String event, String field, String json) {
        String others = without(event, field);
        return others.substring(0, others.length() - 1) + ", \"" + field + "\": " + json + "}";
    }

    private static String without(String event, String field) {
        try {
            com.fasterxml.jackson.databind.node.ObjectNode tree = (com.fasterxml.jackson.databind.node.ObjectNode)
                    new com.fasterxml.jackson.databind.ObjectMapper().readTree(event);
            tree.remove(field);
            return tree.toString();
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}

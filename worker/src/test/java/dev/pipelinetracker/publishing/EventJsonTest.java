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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventJsonTest {

    private static final String RUN = SampleLine.of(EventFeed.PIPELINE_RUNS);
    private static final String INSIGHT = SampleLine.of(EventFeed.INSIGHTS);
    private static final String CHART = SampleLine.of(EventFeed.VISUALIZATIONS);

    @ParameterizedTest
    @EnumSource
    void theSampleIsValid(EventFeed feed) throws Exception {
        assertThat(new EventJson(feed).read(SampleLine.of(feed))).isInstanceOf(feed.eventType());
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
                .read(SampleLine.without(
                        SampleLine.without(SampleLine.without(RUN, "run_type"), "records_processed"), "error_message"));
        assertThat(run.getRunType()).isNull();
        assertThat(run.getRecordsProcessed()).isZero();
        SourceInsight insight =
                (SourceInsight) new EventJson(EventFeed.INSIGHTS).read(SampleLine.without(INSIGHT, "insights"));
        assertThat(insight.getInsights()).isEmpty();
        Visualization chart = (Visualization) new EventJson(EventFeed.VISUALIZATIONS)
                .read(SampleLine.with(CHART, "chart_config", "\"{\\\"data\\\": []}\""));
        assertThat(chart.getChartConfig()).isEqualTo("{\"data\": []}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{ \"a\" : [100.0, 1.50, 1e2, -0.0, 1E+2], \"b\": {\"c\": \"} \\u00e9 \uD83D\uDE00\"}}",
                "{\"a\": \"\uD83D\uDCE6\", \"b\": 0.10 }",
                "{}"
            })
    void anObjectIsTakenAsItWasWritten(String config) throws Exception {
        for (String line : new String[] {
            SampleLine.with(CHART, "chart_config", config),
            "{\"chart_config\" :\t" + config + " , "
                    + SampleLine.without(CHART, "chart_config").substring(1)
        }) {
            assertThat(((Visualization) new EventJson(EventFeed.VISUALIZATIONS).read(line)).getChartConfig())
                    .isEqualTo(config);
        }
        String long1 = "{\"a\": " + "9".repeat(2_000) + "}";
        assertThat(((Visualization) new EventJson(EventFeed.VISUALIZATIONS)
                                .read(SampleLine.with(CHART, "chart_config", long1)))
                        .getChartConfig())
                .isEqualTo(long1);
    }

    @Test
    void whatIsTooDeepOrTooLongIsReportedWithFieldAndRule() {
        String digits = "9".repeat(1_001);
        assertRefused(CHART, "chart_config", nested(501), "chart_config: must not nest deeper than 500 levels");
        assertRefused(CHART, "chart_config", nested(10_001), "chart_config: must not nest deeper than 10000 levels");
        assertRefused(
                CHART,
                "chart_config",
                "{\"a\": " + "9".repeat(131_073) + "}",
                "chart_config: must have numbers of at most 131072 digits");
        String limits = ": must not have numbers of more than 1000 digits, nor nest deeper than ";
        assertRefused(RUN, "records_processed", digits, "records_processed" + limits);
        assertRefused(INSIGHT, "insights", "[" + digits + "]", "insights" + limits);
        assertRefused(INSIGHT, "insights", "[" + nested(2_000) + "]", "insights" + limits);
    }

    private static void assertRefused(String event, String field, String json, String message) {
        EventFeed feed = event.equals(RUN)
                ? EventFeed.PIPELINE_RUNS
                : event.equals(CHART) ? EventFeed.VISUALIZATIONS : EventFeed.INSIGHTS;
        assertThatThrownBy(() -> new EventJson(feed).read(SampleLine.with(event, field, json)))
                .isInstanceOf(InvalidEventException.class)
                .hasMessageStartingWith(message);
    }

    private static String nested(int levels) {
        return "{\"a\":".repeat(levels - 1) + "{}" + "}".repeat(levels - 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1795000000000", "1795000000", "0"})
    void aTimestampInMillisecondsOrSecondsIsRefusedInsteadOfStoredIn1970(String number) {
        assertThatThrownBy(() -> run(RUN, "timestamp", number))
                .isInstanceOf(InvalidEventException.class)
                .hasMessageContaining("looks like milliseconds or seconds");
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
        assertThatThrownBy(
                        () -> new EventJson(EventFeed.PIPELINE_RUNS).read(SampleLine.with(RUN, "status", "\"secret\"")))
                .isInstanceOf(InvalidEventException.class)
                .hasMessageNotContaining("secret");
        assertThatThrownBy(() -> new EventJson(EventFeed.PIPELINE_RUNS).read("{secret: 1}"))
                .isInstanceOf(InvalidEventException.class)
                .hasMessageNotContaining("secret");
    }

    private static PipelineRun run(String event, String field, String json) throws InvalidEventException {
        return (PipelineRun) new EventJson(EventFeed.PIPELINE_RUNS).read(SampleLine.with(event, field, json));
    }
}

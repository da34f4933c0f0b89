package dev.pipelinetracker.wire;

import dev.pipelinetracker.events.InsightOrigin;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.RunType;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** One good event of each kind, with micros, an emoji and letters from afar. */
final class Samples {
    static final UUID ORG = UUID.fromString("8f14e45f-ceea-467f-a0e6-5f2f0d4c5b6a");

    private Samples() {}

    static PipelineRun run() {
        return PipelineRun.newBuilder()
                .setOrgId(ORG)
                .setPipelineId(UUID.fromString("0192f0c1-7d2e-7cc3-98c4-dc0c0c07398f"))
                .setSourceId("orders")
                .setSourceName("Bestellungen für 東京 🗼")
                .setStatus(RunStatus.failed)
                .setRecordsProcessed(1_234_567)
                .setDurationSeconds(12.5)
                .setErrorMessage("connection reset")
                .setRunType(RunType.etl_rag)
                .setTimestamp(Instant.parse("2025-12-19T10:15:30.123456Z"))
                .build();
    }

    static SourceInsight insight() {
        return SourceInsight.newBuilder()
                .setOrgId(ORG)
                .setSourceId("orders")
                .setSourceName("Orders")
                .setSourceIcon("🛒")
                .setDataSummary("Orders of the last year.")
                .setInsights(List.of("Sales rose", "", "Naïve forecasts fail 📉"))
                .setRecordsAnalyzed(42)
                .setGeneratedFrom(InsightOrigin.rag)
                .setGeneratedAt(Instant.parse("1969-12-31T23:59:59.999999Z"))
                .build();
    }

    static Visualization visualization() {
        return Visualization.newBuilder()
                .setOrgId(ORG)
                .setSourceId("orders")
                .setChartType("bar")
                .setChartTitle("Sales by month")
                .setXColumn("month")
                .setYColumn(null)
                .setChartConfig("{\"data\":[{\"type\":\"bar\",\"x\":[\"Jan\",\"Feb\"],\"y\":[1,2.5e3]}],\"layout\":{}}")
                .setGeneratedAt(Instant.parse("2025-12-19T10:15:30Z"))
                .build();
    }
}

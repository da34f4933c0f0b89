package dev.pipelinetracker.insights;

import dev.pipelinetracker.engine.Feed;
import dev.pipelinetracker.engine.FeedContract;
import dev.pipelinetracker.events.InsightOrigin;
import dev.pipelinetracker.events.SourceInsight;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;

class SourceInsightsTest extends FeedContract<SourceInsight, InsightKey> {

    @Override
    protected Feed<SourceInsight, InsightKey> feed(MeterRegistry meters, DataSource dataSource) {
        return new SourceInsights();
    }

    @Override
    protected SourceInsight event(UUID organization, int key, int version) {
        return SourceInsight.newBuilder()
                .setOrgId(organization)
                .setSourceId("source-" + key)
                .setSourceName(version % 3 == 0 ? null : "Kunden\u00a0" + version)
                .setSourceIcon(version % 2 == 0 ? null : "👩‍🔬")
                .setDataSummary(version % 4 == 0 ? null : "a 'summary', {with} \"quotes\" " + version)
                .setInsights(version == 0 ? List.of() : List.of("insight \"" + version + "\"", "😀, second"))
                .setRecordsAnalyzed(version)
                .setGeneratedFrom(version % 2 == 0 ? InsightOrigin.etl : InsightOrigin.rag)
                // each origin has late and early ones
                .setGeneratedAt(moment((version * 7) % VERSIONS))
                .build();
    }

    @Override
    protected boolean isNewer(SourceInsight event, SourceInsight other) {
        if (event.getGeneratedFrom() != other.getGeneratedFrom()) {
            return event.getGeneratedFrom() == InsightOrigin.etl;
        }
        return event.getGeneratedAt().isAfter(other.getGeneratedAt());
    }

    @Override
    protected String rowsQuery() {
        return """
               SELECT concat_ws('|', source_id, org_id, coalesce(source_name, '-'), coalesce(source_icon, '-'),
                                coalesce(data_summary, '-'),
                                (SELECT string_agg(i, ';' ORDER BY n)
                                 FROM jsonb_array_elements_text(insights) WITH ORDINALITY AS t (i, n)),
                                jsonb_typeof(insights), records_analyzed, generated_from,
                                to_char(generated_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
               FROM analytics_source_insights
               """;
    }

    @Override
    protected String row(SourceInsight insight) {
        String name = insight.getSourceName();
        String icon = insight.getSourceIcon();
        String summary = insight.getDataSummary();
        String start = String.join(
                "|",
                insight.getSourceId(),
                insight.getOrgId().toString(),
                name == null ? "-" : name,
                icon == null ? "-" : icon,
                summary == null ? "-" : summary);
        // concat_ws leaves out the aggregate of no rows, which is null
        String insights = insight.getInsights().isEmpty() ? "" : "|" + String.join(";", insight.getInsights());
        return start + insights + "|array|" + insight.getRecordsAnalyzed() + "|" + insight.getGeneratedFrom() + "|"
                + insight.getGeneratedAt();
    }

    @Override
    protected SourceInsight poisoned(SourceInsight insight) {
        insight.setRecordsAnalyzed(666);
        return insight;
    }

    @Override
    protected String check() {
        return "records_analyzed <> 666";
    }
}

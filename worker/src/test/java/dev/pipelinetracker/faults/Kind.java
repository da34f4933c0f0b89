package dev.pipelinetracker.faults;

import dev.pipelinetracker.events.InsightOrigin;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.support.Events;
import java.util.List;
import java.util.UUID;
import org.apache.avro.specific.SpecificRecord;

/**
 * The three feeds, with events that are numbered twice: by key, which becomes the row's {@code source_id}, and by version,
 * which the row keeps so that the oracle can read it. A greater version is newer by the contract's order.
 *
 * <p>{@code sqlVersion} is the version of the row {@code r}; {@code sqlWhole} tells whether all of the row is of that version.
 */
enum Kind {
    RUNS(
            "pipeline-runs",
            "analytics_pipeline_history",
            "r.records_processed",
            "r.source_name = 'v' || r.records_processed"
                    + " AND r.\"timestamp\" = timestamp '2026-03-08 07:30:00.123456'"
                    + " + r.records_processed / 3 * interval '1 second'"
                    + " AND r.status = ('{running,failed,completed}'::text[])[1 + r.records_processed % 3]") {
        @Override
        SpecificRecord event(UUID organization, int key, int version) {
            PipelineRun run = Events.run(organization, key);
            run.setSourceId(source(key));
            run.setSourceName("v" + version);
            run.setRecordsProcessed(version);
            // at one moment three states, each more final than the last
            run.setStatus(List.of(RunStatus.running, RunStatus.failed, RunStatus.completed)
                    .get(version % 3));
            run.setTimestamp(Events.MOMENT.plusSeconds(version / 3));
            return run;
        }
    },
    INSIGHTS(
            "insights",
            "analytics_source_insights",
            "r.records_analyzed",
            "r.source_name = 'v' || r.records_analyzed"
                    + " AND r.generated_from = CASE WHEN r.records_analyzed < 1000 THEN 'rag' ELSE 'etl' END"
                    + " AND r.generated_at = timestamp '2026-03-08 07:30:00.123456'"
                    + " + r.records_analyzed % 1000 * interval '1 second'") {
        @Override
        SpecificRecord event(UUID organization, int key, int version) {
            SourceInsight insight = Events.insight(organization, key);
            insight.setSourceId(source(key));
            insight.setSourceName("v" + version);
            insight.setRecordsAnalyzed(version);
            // etl beats rag whatever the time
            insight.setGeneratedFrom(version < 1000 ? InsightOrigin.rag : InsightOrigin.etl);
            insight.setGeneratedAt(Events.MOMENT.plusSeconds(version % 1000));
            return insight;
        }
    },
    CHARTS(
            "visualizations",
            "analytics_visualizations",
            "substr(r.chart_title, 2)::int",
            "r.generated_at = timestamp '2026-03-08 07:30:00.123456'"
                    + " + substr(r.chart_title, 2)::int * interval '1 second'") {
        @Override
        SpecificRecord event(UUID organization, int key, int version) {
            Visualization chart = Events.chart(organization, key);
            chart.setSourceId(source(key));
            chart.setChartTitle("v" + version);
            chart.setGeneratedAt(Events.MOMENT.plusSeconds(version));
            return chart;
        }
    };

    private final String feed;
    private final String table;
    private final String sqlVersion;
    private final String sqlWhole;

    Kind(String feed, String table, String sqlVersion, String sqlWhole) {
        this.feed = feed;
        this.table = table;
        this.sqlVersion = sqlVersion;
        this.sqlWhole = sqlWhole;
    }

    /** An event whose content depends on nothing but these. */
    abstract SpecificRecord event(UUID organization, int key, int version);

    String feed() {
        return feed;
    }

    String group() {
        return "pipeline-tracker." + feed;
    }

    String table() {
        return table;
    }

    String sqlVersion() {
        return sqlVersion;
    }

    String sqlWhole() {
        return sqlWhole;
    }

    /** The row's source_id. */
    static String source(int key) {
        return "s" + key;
    }
}

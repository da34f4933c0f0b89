package dev.pipelinetracker.visualizations;

import dev.pipelinetracker.engine.Feed;
import dev.pipelinetracker.engine.FeedContract;
import dev.pipelinetracker.events.Visualization;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.UUID;
import javax.sql.DataSource;

class VisualizationsTest extends FeedContract<Visualization, ChartKey> {

    @Override
    protected Feed<Visualization, ChartKey> feed(MeterRegistry meters, DataSource dataSource) {
        return new Visualizations();
    }

    @Override
    protected Visualization event(UUID organization, int key, int version) {
        return Visualization.newBuilder()
                .setOrgId(organization)
                .setSourceId("source-" + key / 4)
                .setChartType("bar")
                .setChartTitle(version % 3 == 0 ? null : "Umsatz € " + version)
                // null is a key of its own, and not the empty text
                .setXColumn(key % 2 == 0 ? null : "")
                .setYColumn(key % 4 < 2 ? null : "y")
                .setChartConfig("{\"data\": [{\"y\": [1.50, 2e2], \"type\": \"bar\"}], \"n\": " + version + "}")
                .setGeneratedAt(moment(version))
                .build();
    }

    @Override
    protected boolean isNewer(Visualization event, Visualization other) {
        return event.getGeneratedAt().isAfter(other.getGeneratedAt());
    }

    @Override
    protected String rowsQuery() {
        return """
               SELECT concat_ws('|', source_id, org_id, chart_type, coalesce(chart_title, '-'), coalesce(x_column, '-'),
                                coalesce(y_column, '-'), chart_config -> 'data' -> 0 ->> 'y', chart_config ->> 'n',
                                to_char(generated_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
               FROM analytics_visualizations
               """;
    }

    @Override
    protected String row(Visualization chart) {
        String title = chart.getChartTitle();
        String x = chart.getXColumn();
        String y = chart.getYColumn();
        String config = chart.getChartConfig();
        return String.join(
                "|",
                chart.getSourceId(),
                chart.getOrgId().toString(),
                chart.getChartType(),
                title == null ? "-" : title,
                x == null ? "-" : x,
                y == null ? "-" : y,
                "[1.50, 200]",
                config.substring(config.lastIndexOf(' ') + 1, config.length() - 1),
                chart.getGeneratedAt().toString());
    }

    @Override
    protected Visualization poisoned(Visualization chart) {
        chart.setChartTitle("poison");
        return chart;
    }

    @Override
    protected String check() {
        return "chart_title <> 'poison'";
    }
}

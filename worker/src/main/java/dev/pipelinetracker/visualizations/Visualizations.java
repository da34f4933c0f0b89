package dev.pipelinetracker.visualizations;

import dev.pipelinetracker.engine.ColumnType;
import dev.pipelinetracker.engine.Feed;
import dev.pipelinetracker.engine.Upsert;
import dev.pipelinetracker.engine.Upsert.Column;
import dev.pipelinetracker.events.Visualization;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.springframework.stereotype.Component;

/** Plotly charts of a source: later generated_at wins. */
@Component
final class Visualizations implements Feed<Visualization, ChartKey> {

    // a row that others wrote may lack a time: it is older than anything
    private static final String SQL = """
            WITH offered AS MATERIALIZED (
              SELECT t.*, row_number() OVER () AS n, EXISTS (SELECT FROM organizations g WHERE g.id = t.org_id) AS known
              FROM (SELECT unnest(?::text[]) AS source_id, unnest(?::uuid[]) AS org_id, unnest(?::text[]) AS chart_type,
                           unnest(?::text[]) AS chart_title, unnest(?::text[]) AS x_column, unnest(?::text[]) AS y_column,
                           unnest(?::text[]) AS chart_config, unnest(?::timestamp[]) AS generated_at) t
            ), written AS (
              INSERT INTO analytics_visualizations AS stored
                     (id, source_id, org_id, chart_type, chart_title, x_column, y_column, chart_config, generated_at)
              SELECT coalesce(present.id, nextval('analytics_visualizations_id_seq')), o.source_id, o.org_id,
                     o.chart_type, o.chart_title, o.x_column, o.y_column, o.chart_config::jsonb, o.generated_at
              FROM offered o
              LEFT JOIN LATERAL (
                SELECT v.id, v.generated_at
                FROM analytics_visualizations v
                WHERE v.source_id = o.source_id AND v.org_id = o.org_id AND v.chart_type = o.chart_type
                  AND v.x_column IS NOT DISTINCT FROM o.x_column AND v.y_column IS NOT DISTINCT FROM o.y_column
                LIMIT 1
              ) present ON true
              WHERE o.known
                AND (present.id IS NULL OR o.generated_at > coalesce(present.generated_at, '-infinity'))
              ORDER BY o.n
              ON CONFLICT (source_id, org_id, chart_type, x_column, y_column) DO UPDATE
              SET chart_title = excluded.chart_title, chart_config = excluded.chart_config,
                  generated_at = excluded.generated_at
              WHERE excluded.generated_at > coalesce(stored.generated_at, '-infinity')
              RETURNING xmax = 0 AS inserted, source_id, org_id, chart_type, x_column, y_column
            )
            SELECT NULL::int8 AS unknown, inserted, source_id, org_id, chart_type, x_column, y_column FROM written
            UNION ALL
            SELECT n, NULL, NULL, NULL, NULL, NULL, NULL FROM offered WHERE NOT known
            """;

    private static final Comparator<Visualization> VERSION = Comparator.comparing(Visualization::getGeneratedAt);

    @Override
    public String name() {
        return "visualizations";
    }

    @Override
    public Class<Visualization> eventType() {
        return Visualization.class;
    }

    @Override
    public ChartKey key(Visualization chart) {
        return new ChartKey(
                chart.getSourceId(), chart.getOrgId(), chart.getChartType(), chart.getXColumn(), chart.getYColumn());
    }

    @Override
    public Comparator<Visualization> versionOrder() {
        return VERSION;
    }

    @Override
    public Upsert<Visualization, ChartKey> upsert() {
        return new Upsert<>(
                "analytics_visualizations",
                SQL,
                List.of(
                        new Column<>(ColumnType.TEXT, Visualization::getSourceId),
                        new Column<>(ColumnType.UUID, Visualization::getOrgId),
                        new Column<>(ColumnType.TEXT, Visualization::getChartType),
                        new Column<>(ColumnType.TEXT, Visualization::getChartTitle),
                        new Column<>(ColumnType.TEXT, Visualization::getXColumn),
                        new Column<>(ColumnType.TEXT, Visualization::getYColumn),
                        new Column<>(ColumnType.TEXT, Visualization::getChartConfig),
                        new Column<>(ColumnType.TIMESTAMP, Visualization::getGeneratedAt)),
                Visualizations::key);
    }

    private static ChartKey key(ResultSet row) throws SQLException {
        return new ChartKey(
                row.getString("source_id"),
                row.getObject("org_id", UUID.class),
                row.getString("chart_type"),
                row.getString("x_column"),
                row.getString("y_column"));
    }
}

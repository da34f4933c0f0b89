package dev.pipelinetracker.insights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pipelinetracker.engine.ColumnType;
import dev.pipelinetracker.engine.Feed;
import dev.pipelinetracker.engine.Upsert;
import dev.pipelinetracker.engine.Upsert.Column;
import dev.pipelinetracker.events.InsightOrigin;
import dev.pipelinetracker.events.SourceInsight;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.springframework.stereotype.Component;

/** AI-generated insights of a source: etl beats rag whatever the time; within one origin, later generated_at wins. */
@Component
final class SourceInsights implements Feed<SourceInsight, InsightKey> {

    // rows that others wrote may lack origin or time: they are older than anything
    private static final String SQL = """
            WITH offered AS MATERIALIZED (
              SELECT t.*, row_number() OVER () AS n, EXISTS (SELECT FROM organizations g WHERE g.id = t.org_id) AS known
              FROM (SELECT unnest(?::text[]) AS source_id, unnest(?::uuid[]) AS org_id, unnest(?::text[]) AS source_name,
                           unnest(?::text[]) AS source_icon, unnest(?::text[]) AS data_summary, unnest(?::text[]) AS insights,
                           unnest(?::int4[]) AS records_analyzed, unnest(?::text[]) AS generated_from,
                           unnest(?::timestamp[]) AS generated_at) t
            ), written AS (
              INSERT INTO analytics_source_insights AS stored
                     (id, source_id, org_id, source_name, source_icon, data_summary, insights, records_analyzed,
                      generated_from, generated_at)
              SELECT coalesce(present.id, nextval('analytics_source_insights_id_seq')), o.source_id, o.org_id,
                     o.source_name, o.source_icon, o.data_summary, o.insights::jsonb, o.records_analyzed,
                     o.generated_from, o.generated_at
              FROM offered o
              LEFT JOIN LATERAL (
                SELECT i.id, i.generated_from, i.generated_at
                FROM analytics_source_insights i
                WHERE i.source_id = o.source_id AND i.org_id = o.org_id
                LIMIT 1
              ) present ON true
              WHERE o.known
                AND (present.id IS NULL
                     OR (array_position('{rag,etl}'::text[], o.generated_from), o.generated_at)
                      > (coalesce(array_position('{rag,etl}'::text[], present.generated_from), 0),
                         coalesce(present.generated_at, '-infinity')))
              ORDER BY o.n
              ON CONFLICT (source_id, org_id) DO UPDATE
              SET source_name = excluded.source_name, source_icon = excluded.source_icon,
                  data_summary = excluded.data_summary, insights = excluded.insights,
                  records_analyzed = excluded.records_analyzed, generated_from = excluded.generated_from,
                  generated_at = excluded.generated_at
              WHERE (array_position('{rag,etl}'::text[], excluded.generated_from), excluded.generated_at)
                  > (coalesce(array_position('{rag,etl}'::text[], stored.generated_from), 0),
                     coalesce(stored.generated_at, '-infinity'))
              RETURNING xmax = 0 AS inserted, source_id, org_id
            )
            SELECT NULL::int8 AS unknown, inserted, source_id, org_id FROM written
            UNION ALL
            SELECT n, NULL, NULL, NULL FROM offered WHERE NOT known
            """;

    private static final Comparator<SourceInsight> VERSION = Comparator.comparing(
                    (SourceInsight insight) -> precedence(insight.getGeneratedFrom()))
            .thenComparing(SourceInsight::getGeneratedAt);

    private static final ObjectMapper JSON = new ObjectMapper();

    @Override
    public String name() {
        return "insights";
    }

    @Override
    public Class<SourceInsight> eventType() {
        return SourceInsight.class;
    }

    @Override
    public InsightKey key(SourceInsight insight) {
        return new InsightKey(insight.getSourceId(), insight.getOrgId());
    }

    @Override
    public Comparator<SourceInsight> versionOrder() {
        return VERSION;
    }

    @Override
    public Upsert<SourceInsight, InsightKey> upsert() {
        return new Upsert<>(
                "analytics_source_insights",
                SQL,
                List.of(
                        new Column<>(ColumnType.TEXT, SourceInsight::getSourceId),
                        new Column<>(ColumnType.UUID, SourceInsight::getOrgId),
                        new Column<>(ColumnType.TEXT, SourceInsight::getSourceName),
                        new Column<>(ColumnType.TEXT, SourceInsight::getSourceIcon),
                        new Column<>(ColumnType.TEXT, SourceInsight::getDataSummary),
                        new Column<>(ColumnType.TEXT, insight -> json(insight.getInsights())),
                        new Column<>(ColumnType.INT4, SourceInsight::getRecordsAnalyzed),
                        new Column<>(ColumnType.TEXT, SourceInsight::getGeneratedFrom),
                        new Column<>(ColumnType.TIMESTAMP, SourceInsight::getGeneratedAt)),
                row -> new InsightKey(row.getString("source_id"), row.getObject("org_id", UUID.class)));
    }

    private static String json(List<String> insights) {
        try {
            return JSON.writeValueAsString(insights);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a list of strings is always JSON", e);
        }
    }

    private static int precedence(InsightOrigin origin) {
        return switch (origin) {
            case rag -> 1;
            case etl -> 2;
        };
    }
}

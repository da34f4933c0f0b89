package dev.pipelinetracker.runs;

import dev.pipelinetracker.engine.ColumnType;
import dev.pipelinetracker.engine.Feed;
import dev.pipelinetracker.engine.Upsert;
import dev.pipelinetracker.engine.Upsert.Column;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.RunType;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Pipeline runs: later timestamp wins; at the same timestamp, running < failed < completed. */
@Component
final class PipelineRuns implements Feed<PipelineRun, RunKey> {

    private static final String SQL = """
            WITH offered AS MATERIALIZED (
              SELECT t.*, row_number() OVER () AS n, EXISTS (SELECT FROM organizations g WHERE g.id = t.org_id) AS known
              FROM (SELECT unnest(?::uuid[]) AS org_id, unnest(?::uuid[]) AS pipeline_id, unnest(?::text[]) AS source_id,
                           unnest(?::text[]) AS source_name, unnest(?::text[]) AS status, unnest(?::int4[]) AS records_processed,
                           unnest(?::float8[]) AS duration_seconds, unnest(?::text[]) AS error_message, unnest(?::text[]) AS run_type,
                           unnest(?::timestamp[]) AS "timestamp") t
            ), written AS (
              INSERT INTO analytics_pipeline_history AS stored
                     (id, org_id, pipeline_id, source_id, source_name, status, records_processed, duration_seconds,
                      error_message, run_type, "timestamp")
              SELECT coalesce(present.id, nextval('analytics_pipeline_history_id_seq')), o.org_id, o.pipeline_id,
                     o.source_id, o.source_name, o.status, o.records_processed, o.duration_seconds, o.error_message,
                     o.run_type, o."timestamp"
              FROM offered o
              LEFT JOIN LATERAL (
                SELECT h.id, h."timestamp", h.status
                FROM analytics_pipeline_history h
                WHERE h.org_id = o.org_id AND h.pipeline_id = o.pipeline_id AND h.source_id = o.source_id
                LIMIT 1
              ) present ON true
              WHERE o.known
                AND (present.id IS NULL OR o."timestamp" > present."timestamp"
                     OR o."timestamp" = present."timestamp"
                        AND array_position('{running,failed,completed}'::text[], o.status)
                          > coalesce(array_position('{running,failed,completed}'::text[], present.status), 0))
              ORDER BY o.n
              ON CONFLICT (org_id, pipeline_id, source_id) DO UPDATE
              SET source_name = excluded.source_name, status = excluded.status,
                  records_processed = excluded.records_processed, duration_seconds = excluded.duration_seconds,
                  error_message = excluded.error_message, run_type = excluded.run_type,
                  "timestamp" = excluded."timestamp"
              WHERE excluded."timestamp" > stored."timestamp"
                 OR excluded."timestamp" = stored."timestamp"
                    AND array_position('{running,failed,completed}'::text[], excluded.status)
                      > coalesce(array_position('{running,failed,completed}'::text[], stored.status), 0)
              RETURNING xmax = 0 AS inserted, org_id, pipeline_id, source_id
            )
            SELECT NULL::int8 AS unknown, inserted, org_id, pipeline_id, source_id FROM written
            UNION ALL
            SELECT n, NULL, NULL, NULL, NULL FROM offered WHERE NOT known
            """;

    private static final Comparator<PipelineRun> VERSION =
            Comparator.comparing(PipelineRun::getTimestamp).thenComparing(run -> finality(run.getStatus()));

    private final RunMeters meters;

    PipelineRuns(RunMeters meters) {
        this.meters = meters;
    }

    @Override
    public String name() {
        return "pipeline-runs";
    }

    @Override
    public Class<PipelineRun> eventType() {
        return PipelineRun.class;
    }

    @Override
    public RunKey key(PipelineRun run) {
        return new RunKey(run.getOrgId(), run.getPipelineId(), run.getSourceId());
    }

    @Override
    public Comparator<PipelineRun> versionOrder() {
        return VERSION;
    }

    @Override
    public Upsert<PipelineRun, RunKey> upsert() {
        return new Upsert<>(
                "analytics_pipeline_history",
                SQL,
                List.of(
                        new Column<>(ColumnType.UUID, PipelineRun::getOrgId),
                        new Column<>(ColumnType.UUID, PipelineRun::getPipelineId),
                        new Column<>(ColumnType.TEXT, PipelineRun::getSourceId),
                        new Column<>(ColumnType.TEXT, PipelineRun::getSourceName),
                        new Column<>(ColumnType.TEXT, PipelineRun::getStatus),
                        new Column<>(ColumnType.INT4, PipelineRun::getRecordsProcessed),
                        new Column<>(ColumnType.FLOAT8, PipelineRun::getDurationSeconds),
                        new Column<>(ColumnType.TEXT, PipelineRun::getErrorMessage),
                        new Column<>(ColumnType.TEXT, run -> storedName(run.getRunType())),
                        new Column<>(ColumnType.TIMESTAMP, PipelineRun::getTimestamp)),
                PipelineRuns::key);
    }

    @Override
    public void changed(PipelineRun run) {
        meters.changed(run);
    }

    /** Avro cannot name a symbol {@code etl+rag}; the table and the metrics can. */
    static @Nullable String storedName(@Nullable RunType type) {
        return type == null ? null : type == RunType.etl_rag ? "etl+rag" : type.name();
    }

    private static int finality(RunStatus status) {
        return switch (status) {
            case running -> 1;
            case failed -> 2;
            case completed -> 3;
        };
    }

    private static RunKey key(ResultSet row) throws SQLException {
        return new RunKey(
                row.getObject("org_id", UUID.class),
                row.getObject("pipeline_id", UUID.class),
                row.getString("source_id"));
    }
}

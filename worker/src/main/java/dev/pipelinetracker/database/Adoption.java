package dev.pipelinetracker.database;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Gives a schema 2.0 that the framework made what migration V2 gives a new one, while others read and write it: indexes are
 * built concurrently, nothing that is there is changed. Rows that repeat a run or a chart, of which only one may stay, go to
 * {@code tracker.adoption_conflicts}, whole. May be repeated after a failure at any point.
 */
final class Adoption {

    private static final Logger log = LoggerFactory.getLogger(Adoption.class);

    private static final int MOST_BUILDS = 5;

    private static final String CONFLICTS = """
            CREATE TABLE IF NOT EXISTS tracker.adoption_conflicts (
                id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                table_name text        NOT NULL,
                row_data   jsonb       NOT NULL,
                moved_at   timestamptz NOT NULL DEFAULT now()
            )
            """;

    /** What must be unique, and which row stays: the one that the worker's events would have left. */
    private enum Identity {
        RUN("tracker_run_identity", "analytics_pipeline_history", "(org_id, pipeline_id, source_id)", """
                WITH ranked AS (
                  SELECT id, row_number() OVER (
                    PARTITION BY org_id, pipeline_id, source_id
                    ORDER BY "timestamp" DESC,
                             coalesce(array_position('{running,failed,completed}'::text[], status::text), 0) DESC, id) AS place
                  FROM public.analytics_pipeline_history
                  WHERE pipeline_id IS NOT NULL
                ), moved AS (
                  DELETE FROM public.analytics_pipeline_history h USING ranked r WHERE h.id = r.id AND r.place > 1
                  RETURNING h.*
                )
                INSERT INTO tracker.adoption_conflicts (table_name, row_data)
                SELECT 'analytics_pipeline_history', to_jsonb(moved) FROM moved
                """, """
                SELECT coalesce(sum(n - 1), 0) FROM (
                  SELECT count(*) AS n FROM public.analytics_pipeline_history WHERE pipeline_id IS NOT NULL
                  GROUP BY org_id, pipeline_id, source_id HAVING count(*) > 1) AS repeated
                """),
        CHART(
                "tracker_chart_identity",
                "analytics_visualizations",
                "(source_id, org_id, chart_type, x_column, y_column) NULLS NOT DISTINCT",
                """
                WITH ranked AS (
                  SELECT id, row_number() OVER (
                    PARTITION BY source_id, org_id, chart_type, x_column, y_column
                    ORDER BY generated_at DESC NULLS LAST, id) AS place
                  FROM public.analytics_visualizations
                ), moved AS (
                  DELETE FROM public.analytics_visualizations v USING ranked r WHERE v.id = r.id AND r.place > 1
                  RETURNING v.*
                )
                INSERT INTO tracker.adoption_conflicts (table_name, row_data)
                SELECT 'analytics_visualizations', to_jsonb(moved) FROM moved
                """,
                """
                SELECT coalesce(sum(n - 1), 0) FROM (
                  SELECT count(*) AS n FROM public.analytics_visualizations
                  GROUP BY source_id, org_id, chart_type, x_column, y_column HAVING count(*) > 1) AS repeated
                """);

        private final String index;
        private final String table;
        private final String definition;
        private final String move;
        private final String count;

        Identity(String index, String table, String definition, String move, String count) {
            this.index = index;
            this.table = table;
            this.definition = definition;
            this.move = move;
            this.count = count;
        }
    }

    private final JdbcClient database;

    /** @param database each statement in a transaction of its own, as CREATE INDEX CONCURRENTLY demands */
    Adoption(JdbcClient database) {
        this.database = database;
    }

    /** What {@link #run} would do now, a line for each step. Reads the tables whole. */
    List<String> plan() {
        List<String> plan = new ArrayList<>();
        for (Identity identity : Identity.values()) {
            long repeated = database.sql(identity.count).query(Long.class).single();
            if (repeated > 0) {
                plan.add("move %,d rows of %s that repeat another, which is newer, to tracker.adoption_conflicts"
                        .formatted(repeated, identity.table));
            }
            plan.add("build the unique index %s on %s %s, while others write (%s)"
                    .formatted(identity.index, identity.table, identity.definition, size(identity.table)));
        }
        plan.add("build the index tracker_open_runs on analytics_pipeline_history, while others write");
        return plan;
    }

    /** @throws DatabaseRefusedException if somebody keeps writing rows that repeat a run or a chart */
    void run() {
        database.sql("CREATE SCHEMA IF NOT EXISTS tracker").update();
        database.sql(CONFLICTS).update();
        for (Identity identity : Identity.values()) {
            makeUnique(identity);
        }
        buildIfMissing(
                "tracker_open_runs",
                "INDEX CONCURRENTLY tracker_open_runs ON public.analytics_pipeline_history (org_id) WHERE status = 'running'");
    }

    private void makeUnique(Identity identity) {
        for (int build = 1; build <= MOST_BUILDS; build++) {
            int moved = database.sql(identity.move).update();
            if (moved > 0) {
                log.warn(
                        "{} rows of {} repeat another, which is newer: moved to tracker.adoption_conflicts",
                        moved,
                        identity.table);
            }
            try {
                buildIfMissing(
                        identity.index,
                        "UNIQUE INDEX CONCURRENTLY %s ON public.%s %s"
                                .formatted(identity.index, identity.table, identity.definition));
                return;
            } catch (DuplicateKeyException e) {
                log.warn("Rows that repeat another were written to {} meanwhile: once more", identity.table);
            }
        }
        throw new DatabaseRefusedException(
                "Somebody keeps writing rows to %s that repeat another in %s. Stop that writer, and run migrate again."
                        .formatted(identity.table, identity.definition));
    }

    /** A build that failed, or was interrupted, leaves an index that is not valid. */
    private void buildIfMissing(String index, String definition) {
        boolean valid =
                database.sql("""
                        SELECT coalesce((
                          SELECT indisvalid FROM pg_catalog.pg_index
                          WHERE indexrelid = to_regclass('public.' || :index)), false)
                        """).param("index", index).query(Boolean.class).single();
        if (valid) {
            return;
        }
        database.sql("DROP INDEX CONCURRENTLY IF EXISTS public." + index).update();
        log.info("Building {}", index);
        database.sql("CREATE " + definition).update();
    }

    private String size(String table) {
        return database.sql("SELECT pg_size_pretty(pg_relation_size(('public.' || :table)::regclass))")
                .param("table", table)
                .query(String.class)
                .single();
    }
}

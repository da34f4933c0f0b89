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

    private static final String MOVE = """
            WITH moved AS (DELETE FROM public.%1$s WHERE id IN (%2$s) RETURNING *)
            INSERT INTO tracker.adoption_conflicts (table_name, row_data)
            SELECT '%1$s', to_jsonb(moved) FROM moved
            """;

    /** The foreign keys to a table, each with the condition that a row d of it is referred to by a row f. */
    private static final String FOREIGN_KEYS = """
            SELECT k.conname AS name, k.conrelid::regclass AS referring,
                   (SELECT string_agg(format('f.%I = d.%I', own.attname, other.attname), ' AND ')
                    FROM unnest(k.conkey, k.confkey) AS pair (own, other)
                    JOIN pg_catalog.pg_attribute own ON own.attrelid = k.conrelid AND own.attnum = pair.own
                    JOIN pg_catalog.pg_attribute other ON other.attrelid = k.confrelid AND other.attnum = pair.other) AS condition
            FROM pg_catalog.pg_constraint k
            WHERE k.contype = 'f' AND k.conparentid = 0 AND k.confrelid = ('public.' || :table)::regclass
            ORDER BY 1
            """;

    private static final String REFERRED = """
            SELECT count(*) FROM public.%1$s d
            WHERE d.id IN (%2$s) AND EXISTS (SELECT FROM %3$s f WHERE %4$s)
            """;

    /** What must be unique; and the ids of the rows that must go: the one that the worker's events would have left stays. */
    private enum Identity {
        RUN("tracker_run_identity", "analytics_pipeline_history", "(org_id, pipeline_id, source_id)", """
                SELECT id FROM (
                  SELECT id, row_number() OVER (
                    PARTITION BY org_id, pipeline_id, source_id
                    ORDER BY "timestamp" DESC,
                             coalesce(array_position('{running,failed,completed}'::text[], status::text), 0) DESC, id) AS place
                  FROM public.analytics_pipeline_history
                  WHERE pipeline_id IS NOT NULL) AS ranked
                WHERE place > 1
                """),
        CHART(
                "tracker_chart_identity",
                "analytics_visualizations",
                "(source_id, org_id, chart_type, x_column, y_column) NULLS NOT DISTINCT",
                """
                SELECT id FROM (
                  SELECT id, row_number() OVER (
                    PARTITION BY source_id, org_id, chart_type, x_column, y_column
                    ORDER BY generated_at DESC NULLS LAST, id) AS place
                  FROM public.analytics_visualizations) AS ranked
                WHERE place > 1
                """);

        private final String index;
        private final String table;
        private final String definition;
        private final String repeated;

        Identity(String index, String table, String definition, String repeated) {
            this.index = index;
            this.table = table;
            this.definition = definition;
            this.repeated = repeated;
        }
    }

    private record ForeignKey(String name, String referring, String condition) {}

    private final JdbcClient database;

    /** @param database each statement in a transaction of its own, as CREATE INDEX CONCURRENTLY demands */
    Adoption(JdbcClient database) {
        this.database = database;
    }

    /**
     * What {@link #run} would do now, a line for each step. Reads the tables whole.
     *
     * @throws DatabaseRefusedException as {@link #run} would before it changes anything
     */
    List<String> plan() {
        refuseReferredRows();
        List<String> plan = new ArrayList<>();
        for (Identity identity : Identity.values()) {
            long repeated = database.sql("SELECT count(*) FROM (%s) AS repeated".formatted(identity.repeated))
                    .query(Long.class)
                    .single();
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

    /**
     * Adopts.
     *
     * @throws DatabaseRefusedException before anything is changed, if a foreign key refers to a row that would have to go; later,
     *     if somebody keeps writing rows that repeat a run or a chart
     */
    void run() {
        refuseReferredRows();
        database.sql("CREATE SCHEMA IF NOT EXISTS tracker").update();
        database.sql(CONFLICTS).update();
        for (Identity identity : Identity.values()) {
            makeUnique(identity);
        }
        buildIfMissing(
                "tracker_open_runs",
                "INDEX CONCURRENTLY tracker_open_runs ON public.analytics_pipeline_history (org_id) WHERE status = 'running'");
    }

    /** Deleting them would fail, or take the rows that refer to them along: ON DELETE CASCADE. */
    private void refuseReferredRows() {
        for (Identity identity : Identity.values()) {
            for (ForeignKey key : database.sql(FOREIGN_KEYS)
                    .param("table", identity.table)
                    .query(ForeignKey.class)
                    .list()) {
                long referred = database.sql(
                                REFERRED.formatted(identity.table, identity.repeated, key.referring(), key.condition()))
                        .query(Long.class)
                        .single();
                if (referred > 0) {
                    throw new DatabaseRefusedException(
                            "%d rows of %s repeat another, which is newer, and cannot be moved: %s refers to them (constraint %s). Nothing was changed. Let it refer to the newest row of the same %s, then run migrate again."
                                    .formatted(
                                            referred,
                                            identity.table,
                                            key.referring(),
                                            key.name(),
                                            identity.definition));
                }
            }
        }
    }

    private void makeUnique(Identity identity) {
        for (int build = 1; build <= MOST_BUILDS; build++) {
            int moved = database.sql(MOVE.formatted(identity.table, identity.repeated))
                    .update();
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

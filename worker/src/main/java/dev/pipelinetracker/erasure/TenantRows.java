package dev.pipelinetracker.erasure;

import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Everything in the database that belongs to one organization. */
final class TenantRows {

    private static final String COUNT = """
            SELECT (SELECT count(*) FROM public.analytics_pipeline_history WHERE org_id = :organization) AS analytics_pipeline_history,
                   (SELECT count(*) FROM public.analytics_source_insights WHERE org_id = :organization) AS analytics_source_insights,
                   (SELECT count(*) FROM public.analytics_visualizations WHERE org_id = :organization) AS analytics_visualizations,
                   (SELECT count(*) FROM public.analytics_data_sources WHERE org_id = :organization) AS analytics_data_sources,
                   (SELECT count(*) FROM public.org_memberships WHERE org_id = :organization) AS org_memberships,
                   (SELECT count(*) FROM public.organizations WHERE id = :organization) AS organizations
            """;

    // Rows that somebody has locked are left for the last transaction: waiting for them while holding others could
    // deadlock
    // with a worker's upsert.
    private static final List<String> CHUNKS = List.of("""
            WITH gone AS (DELETE FROM public.analytics_pipeline_history WHERE id IN (
                SELECT id FROM public.analytics_pipeline_history WHERE org_id = :organization
                LIMIT :most FOR UPDATE SKIP LOCKED) RETURNING 1)
            SELECT count(*) AS analytics_pipeline_history FROM gone
            """, """
            WITH gone AS (DELETE FROM public.analytics_source_insights WHERE id IN (
                SELECT id FROM public.analytics_source_insights WHERE org_id = :organization
                LIMIT :most FOR UPDATE SKIP LOCKED) RETURNING 1)
            SELECT count(*) AS analytics_source_insights FROM gone
            """, """
            WITH gone AS (DELETE FROM public.analytics_visualizations WHERE id IN (
                SELECT id FROM public.analytics_visualizations WHERE org_id = :organization
                LIMIT :most FOR UPDATE SKIP LOCKED) RETURNING 1)
            SELECT count(*) AS analytics_visualizations FROM gone
            """);

    // no new row of it can be inserted from now on: the foreign keys wait for this lock, and then find nothing
    private static final String LOCK =
            "SELECT count(*) FROM (SELECT FROM public.organizations WHERE id = ? FOR UPDATE) o";

    private static final String REST = """
            WITH runs AS (DELETE FROM public.analytics_pipeline_history WHERE org_id = :organization RETURNING 1),
                 insights AS (DELETE FROM public.analytics_source_insights WHERE org_id = :organization RETURNING 1),
                 charts AS (DELETE FROM public.analytics_visualizations WHERE org_id = :organization RETURNING 1),
                 sources AS (DELETE FROM public.analytics_data_sources WHERE org_id = :organization RETURNING 1),
                 members AS (DELETE FROM public.org_memberships WHERE org_id = :organization RETURNING 1)
            SELECT (SELECT count(*) FROM runs) AS analytics_pipeline_history,
                   (SELECT count(*) FROM insights) AS analytics_source_insights,
                   (SELECT count(*) FROM charts) AS analytics_visualizations,
                   (SELECT count(*) FROM sources) AS analytics_data_sources,
                   (SELECT count(*) FROM members) AS org_memberships
            """;

    private static final String ITSELF = """
            WITH gone AS (DELETE FROM public.organizations WHERE id = :organization RETURNING 1)
            SELECT count(*) AS organizations FROM gone
            """;

    /** Of a database that was adopted only. */
    private static final String CONFLICTS = """
            WITH gone AS (DELETE FROM tracker.adoption_conflicts WHERE row_data ->> 'org_id' = :organization::text RETURNING 1)
            SELECT count(*) AS adoption_conflicts FROM gone
            """;

    private final JdbcClient sql;
    private final UUID organization;

    TenantRows(DataSource database, UUID organization) {
        this.sql = JdbcClient.create(database);
        this.organization = organization;
    }

    RowCounts count() {
        RowCounts rows = ask(sql.sql(COUNT));
        return wasAdopted() ? rows.plus(ask(sql.sql("""
                        SELECT count(*) AS adoption_conflicts FROM tracker.adoption_conflicts
                        WHERE row_data ->> 'org_id' = :organization::text
                        """))) : rows;
    }

    /** How many tables {@link #deleteSome} knows, by number from 0: those that grow with the events. */
    static int largeTables() {
        return CHUNKS.size();
    }

    /** Deletes at most so many rows of a table, none that is locked; call it in a transaction. */
    RowCounts deleteSome(int table, int most) {
        return ask(sql.sql(CHUNKS.get(table)).param("most", most));
    }

    /**
     * Deletes all that is left, and the organization itself, so that no event brings a row back; call it in a transaction.
     *
     * @throws org.springframework.dao.DataIntegrityViolationException if another table refers to it
     */
    RowCounts deleteRest() {
        long unusedThere = sql.sql(LOCK).param(organization).query(Long.class).single();
        RowCounts rest = ask(sql.sql(REST)).plus(ask(sql.sql(ITSELF)));
        return wasAdopted() ? rest.plus(ask(sql.sql(CONFLICTS))) : rest;
    }

    private boolean wasAdopted() {
        return sql.sql("SELECT to_regclass('tracker.adoption_conflicts') IS NOT NULL")
                .query(Boolean.class)
                .single();
    }

    private RowCounts ask(JdbcClient.StatementSpec statement) {
        return statement
                .param("organization", organization)
                .query((row, n) -> counts(row))
                .single();
    }

    /** By the columns' names. */
    private static RowCounts counts(ResultSet row) throws SQLException {
        ResultSetMetaData columns = row.getMetaData();
        Map<String, Long> counts = new LinkedHashMap<>();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            counts.put(columns.getColumnLabel(i), row.getLong(i));
        }
        return new RowCounts(counts);
    }
}

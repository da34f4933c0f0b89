package dev.pipelinetracker.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The four common queries of the document, word for word but for their parameters, beside 1,000,000 runs of 2,000
 * organizations: right, and answered from an index.
 */
class CommonQueriesTest {

    private static final Database DATABASE = RealPostgres.freshDatabase();

    private static final String DATA_SOURCES = """
            SELECT * FROM analytics_data_sources
            WHERE org_id = '00000000-0000-0000-0000-000000000042'
            ORDER BY created_at ASC;
            """;
    private static final String ORGANIZATIONS_OF_A_USER = """
            SELECT o.*, m.role as membership_role
            FROM organizations o
            JOIN org_memberships m ON o.id = m.org_id
            WHERE m.user_id = '00000000-0000-0000-0001-000000000007'
            ORDER BY o.name;
            """;
    private static final String RECENT_HISTORY = """
            SELECT * FROM analytics_pipeline_history
            WHERE org_id = '00000000-0000-0000-0000-000000000042'
            ORDER BY timestamp DESC
            LIMIT 50;
            """;
    private static final String INSIGHTS_OF_A_SOURCE = """
            SELECT * FROM analytics_source_insights
            WHERE org_id = '00000000-0000-0000-0000-000000000042'
              AND source_id = 'source-3';
            """;

    @BeforeAll
    static void fill() {
        // the same indexes again, in a third of the time: built once all rows are there
        List<String> indexes = DATABASE.sql()
                .sql(
                        "SELECT indexdef FROM pg_indexes WHERE tablename = 'analytics_pipeline_history' AND indexname <> 'analytics_pipeline_history_pkey'")
                .query(String.class)
                .list();
        DATABASE.sql()
                .sql("DROP INDEX idx_history_org_time, idx_history_source, tracker_run_identity, tracker_open_runs")
                .update();
        insertRows();
        indexes.forEach(index -> DATABASE.sql().sql(index).update());
        DATABASE.sql().sql("ANALYZE").update();
    }

    private static void insertRows() {
        // Foreign keys are not checked in a session that replicates, which saves seconds; these rows honour them.
        DATABASE.sql().sql("""
                SET session_replication_role = replica;

                INSERT INTO organizations (id, name, slug)
                SELECT ('00000000-0000-0000-0000-' || lpad(o::text, 12, '0'))::uuid, 'Organization ' || o, 'organization-' || o
                FROM generate_series(1, 2000) AS o;

                INSERT INTO users (id, email)
                SELECT ('00000000-0000-0000-0001-' || lpad(u::text, 12, '0'))::uuid, u || '@example.org'
                FROM generate_series(1, 20000) AS u;

                -- user 7 is in the organizations 7 and 8, and so on
                INSERT INTO org_memberships (user_id, org_id, role)
                SELECT ('00000000-0000-0000-0001-' || lpad(u::text, 12, '0'))::uuid,
                    ('00000000-0000-0000-0000-' || lpad((1 + (u - 1 + k) % 2000)::text, 12, '0'))::uuid,
                    CASE k WHEN 0 THEN 'owner' ELSE 'member' END
                FROM generate_series(1, 20000) AS u, generate_series(0, 1) AS k;

                INSERT INTO analytics_data_sources (id, org_id, name, config, created_at)
                SELECT 'source-' || s, id, 'Source ' || s, '{}', timestamp '2025-01-01' - s * interval '1 day'
                FROM organizations, generate_series(1, 10) AS s;

                INSERT INTO analytics_source_insights (source_id, org_id, insights, generated_from)
                SELECT 'source-' || s, id, '["up"]', 'etl'
                FROM organizations, generate_series(1, 10) AS s;

                -- 500 runs of each organization, a minute apart
                INSERT INTO analytics_pipeline_history (org_id, source_id, source_name, pipeline_id, status, timestamp)
                SELECT id, 'source-' || (1 + n % 10), 'Source', gen_random_uuid(),
                    CASE n % 100 WHEN 0 THEN 'running' WHEN 1 THEN 'failed' ELSE 'completed' END,
                    timestamp '2025-01-01' + n * interval '1 minute'
                FROM organizations, generate_series(1, 500) AS n;
                """).update();
    }

    @Test
    void thereAreAMillionRuns() {
        assertThat(DATABASE.sql()
                        .sql("SELECT count(*) FROM analytics_pipeline_history")
                        .query(Long.class)
                        .single())
                .isEqualTo(1_000_000);
    }

    @Test
    void allDataSourcesOfAnOrganizationOldestFirst() {
        assertThat(column("id", DATA_SOURCES))
                .containsExactly(
                        "source-10",
                        "source-9",
                        "source-8",
                        "source-7",
                        "source-6",
                        "source-5",
                        "source-4",
                        "source-3",
                        "source-2",
                        "source-1");
        assertAnsweredFromAnIndex(DATA_SOURCES);
    }

    @Test
    void theOrganizationsOfAUserWithRoles() {
        assertThat(column("name", ORGANIZATIONS_OF_A_USER)).containsExactly("Organization 7", "Organization 8");
        assertThat(column("membership_role", ORGANIZATIONS_OF_A_USER)).containsExactly("owner", "member");
        assertAnsweredFromAnIndex(ORGANIZATIONS_OF_A_USER);
    }

    @Test
    void theRecentHistoryOfAnOrganizationNewestFirst() {
        List<String> timestamps = column("timestamp", RECENT_HISTORY);

        assertThat(timestamps).hasSize(50).startsWith("2025-01-01 08:20:00.0").endsWith("2025-01-01 07:31:00.0");
        assertThat(timestamps).isSortedAccordingTo((one, other) -> other.compareTo(one));
        assertThat(column("org_id", RECENT_HISTORY)).containsOnly("00000000-0000-0000-0000-000000000042");
        assertAnsweredFromAnIndex(RECENT_HISTORY)
                .contains("idx_history_org_time")
                .doesNotContain("Sort");
    }

    @Test
    void theInsightsOfASource() {
        assertThat(column("insights", INSIGHTS_OF_A_SOURCE)).containsExactly("[\"up\"]");
        assertAnsweredFromAnIndex(INSIGHTS_OF_A_SOURCE);
    }

    /** Not of the document: what the gauge tracker_open_runs asks. */
    @Test
    void theOpenRunsAreCountedWithoutReadingTheOthers() {
        String openRuns = "SELECT count(*) FROM analytics_pipeline_history WHERE status = 'running'";

        assertThat(column("count", openRuns)).containsExactly("10000");
        assertAnsweredFromAnIndex(openRuns).contains("tracker_open_runs");
    }

    private static List<String> column(String name, String query) {
        return DATABASE.sql().sql(query).query().listOfRows().stream()
                .map((Map<String, Object> row) -> String.valueOf(row.get(name)))
                .toList();
    }

    private static AbstractStringAssert<?> assertAnsweredFromAnIndex(String query) {
        String plan = String.join(
                "\n", DATABASE.sql().sql("EXPLAIN " + query).query(String.class).list());
        return assertThat(plan).contains("Index").doesNotContain("Seq Scan");
    }
}

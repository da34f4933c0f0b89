package dev.pipelinetracker.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two organizations in every table; what a reader of one may see of the other is nothing, whatever it asks. */
class TenancyTest {

    private static final String CANARY = "canary-of-the-other-organization";
    private static final String TERSE_DENIAL = "42501";

    private static final Database DATABASE = RealPostgres.freshDatabase();
    private static final UUID OWN = UUID.randomUUID();
    private static final UUID OTHER = UUID.randomUUID();

    @BeforeAll
    static void fillAndSecure() {
        fill(OWN, "own");
        fill(OTHER, CANARY);
        new Migrations(DATABASE.dataSource()).secure();
        // what is most common stands in the statistics
        DATABASE.sql().sql("ANALYZE").update();
        login("reader_login", "tracker_reader");
        login("worker_login", "tracker_worker");
        login("operator_login", "tracker_operator");
    }

    /** Roles are the server's, which other tests share. */
    @AfterAll
    static void dropLogins() {
        for (String login : List.of("reader_login", "worker_login", "operator_login")) {
            DATABASE.sql().sql("DROP ROLE " + login).update();
        }
    }

    @Test
    void aReaderSeesItsOrganizationAndNothingOfTheOtherInAnyTable() throws SQLException {
        assertThat(leaks()).isEmpty();
        for (String table : tablesOfOrganizations()) {
            assertThat(answer(OWN.toString(), "SELECT count(*) FROM " + table))
                    .as(table)
                    .isNotEqualTo("0 ");
        }
    }

    /** The test of the test: without one of the policies it finds the leak. */
    @Test
    void aMissingPolicyWouldBeFound() throws SQLException {
        for (String table : tablesOfOrganizations()) {
            DATABASE.sql()
                    .sql("ALTER TABLE %s DISABLE ROW LEVEL SECURITY".formatted(table))
                    .update();
            try {
                assertThat(leaks()).as(table).contains(table);
            } finally {
                DATABASE.sql()
                        .sql("ALTER TABLE %s ENABLE ROW LEVEL SECURITY".formatted(table))
                        .update();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "00000000-0000-0000-0000-000000000000"})
    void withoutAnOrganizationNothingIsSeen(String organization) throws SQLException {
        for (String table : tablesOfOrganizations()) {
            assertThat(answer(organization, "SELECT count(*) FROM " + table))
                    .as(table)
                    .isEqualTo("0 ");
        }
    }

    @Test
    void aReaderWritesNothingAnywhere() throws SQLException {
        for (String table : tablesOfOrganizations()) {
            assertThat(answer(OWN.toString(), "DELETE FROM " + table)).as(table).isEqualTo(TERSE_DENIAL);
            assertThat(answer(OWN.toString(), "INSERT INTO %s DEFAULT VALUES".formatted(table)))
                    .as(table)
                    .isEqualTo(TERSE_DENIAL);
            assertThat(answer(OWN.toString(), "TRUNCATE " + table)).as(table).isEqualTo(TERSE_DENIAL);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // what an error would quote
                "SELECT max(error_message::int) FROM analytics_pipeline_history",
                "SELECT sum(1 / (CASE WHEN error_message = 'canary-of-the-other-organization' THEN 0 ELSE 1 END)) FROM analytics_pipeline_history",
                // a function so cheap that the planner would like to ask it first
                "SELECT count(*) FROM analytics_pipeline_history WHERE pg_temp.tell(error_message)",
                "SELECT count(*) FROM analytics_visualizations WHERE pg_temp.tell(chart_config::text)",
                // views of the reader's own
                "SELECT * FROM own_view",
                // the statistics
                "SELECT most_common_vals::text, histogram_bounds::text FROM pg_stats",
                "SELECT stxdmcv::text FROM pg_statistic_ext_data",
                // a prepared plan made for another organization
                "EXECUTE recent"
            })
    void whateverAReaderAsks(String question) throws SQLException {
        assertThat(answer(OWN.toString(), question)).doesNotContain(CANARY).doesNotContain(OTHER.toString());
    }

    @Test
    void nothingOfOursRunsWithTheOwnersRights() {
        assertThat(DATABASE.sql().sql("""
                        SELECT oid::regprocedure::text FROM pg_proc
                        WHERE prosecdef AND pronamespace IN ('public'::regnamespace, 'tracker'::regnamespace)
                        UNION ALL
                        SELECT oid::regclass::text FROM pg_class
                        WHERE relkind IN ('v', 'm') AND relnamespace IN ('public'::regnamespace, 'tracker'::regnamespace)
                        """).query(String.class).list()).isEmpty();
    }

    @Test
    void anOperatorSeesAllButPasswords() throws SQLException {
        for (String table : tablesOfOrganizations()) {
            assertThat(answer("operator_login", "", "SELECT * FROM " + table))
                    .as(table)
                    .contains(CANARY);
        }
        assertThat(answer("operator_login", "", "SELECT password_hash FROM users"))
                .isEqualTo(TERSE_DENIAL);
    }

    @Test
    void theWorkerMayDoNothingThatItNeedNot() throws SQLException {
        for (String denied : List.of(
                "SELECT name FROM organizations",
                "SELECT * FROM users",
                "SELECT * FROM org_memberships",
                "SELECT * FROM analytics_data_sources",
                "DELETE FROM analytics_pipeline_history",
                "UPDATE analytics_pipeline_history SET org_id = org_id",
                "UPDATE tracker.flyway_schema_history SET version = '1'",
                "CREATE TABLE public.own (id int)",
                "SELECT * FROM tracker.redriven",
                "SELECT * FROM tracker.erasures",
                "SELECT * FROM tracker.offset_gaps",
                "UPDATE tracker.replays SET reason = ''",
                "TRUNCATE analytics_visualizations")) {
            assertThat(answer("worker_login", "", denied)).as(denied).isEqualTo(TERSE_DENIAL);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * FROM analytics_pipeline_history WHERE org_id = '%s' ORDER BY timestamp DESC LIMIT 50",
                "SELECT * FROM analytics_pipeline_history ORDER BY timestamp DESC LIMIT 50",
                "SELECT * FROM analytics_source_insights WHERE org_id = '%s' AND source_id = 's'",
                "SELECT * FROM analytics_data_sources WHERE org_id = '%s' ORDER BY created_at ASC"
            })
    void theCommonQueriesKeepTheirIndexes(String query) throws SQLException {
        assertThat(answer(OWN.toString(), "EXPLAIN " + query.formatted(OWN)))
                .containsPattern("Index Cond: .*org_id")
                .doesNotContain("Seq Scan");
    }

    @Test
    void aSecondTimeIsHarmlessAndAProgramThatIsBlindedIsNamed() {
        login("dashboard_login", null);
        try {
            DATABASE.sql()
                    .sql("GRANT SELECT ON analytics_pipeline_history TO dashboard_login")
                    .update();

            new Migrations(DATABASE.dataSource()).secure();

            assertThat(new Blinding(DATABASE.sql()).whoOnlyReads()).containsExactly("dashboard_login");
        } finally {
            DATABASE.sql().sql("DROP OWNED BY dashboard_login").update();
            DATABASE.sql().sql("DROP ROLE dashboard_login").update();
        }
    }

    /** What an operator does that the worker's tables are not for. */
    @Test
    void anOperatorMayDoNothingThatItsCommandsNeedNot() throws SQLException {
        for (String denied : List.of(
                "DELETE FROM tracker.replays",
                "DELETE FROM tracker.erasures",
                "DELETE FROM tracker.offset_gaps",
                "UPDATE tracker.flyway_schema_history SET version = '1'",
                "INSERT INTO organizations (name, slug) VALUES ('n', 's')",
                "UPDATE organizations SET name = 'n'",
                "UPDATE analytics_pipeline_history SET org_id = org_id")) {
            assertThat(answer("operator_login", "", denied)).as(denied).isEqualTo(TERSE_DENIAL);
        }
    }

    @Test
    void aPolicyOfTheOperatorsOwnStaysAndWhatIsMissingIsMadeAgain() {
        Database database = RealPostgres.freshDatabase();
        new Migrations(database.dataSource()).secure();
        List<String> made = policies(database);
        assertThat(made).hasSize(12);
        new Migrations(database.dataSource()).secure();
        assertThat(policies(database)).as("with xmin: nothing is made anew").isEqualTo(made);

        database.sql()
                .sql("ALTER POLICY tracker_reader ON analytics_pipeline_history USING (source_id = 's')")
                .update();
        database.sql()
                .sql("CREATE POLICY own ON analytics_pipeline_history FOR SELECT TO PUBLIC USING (false)")
                .update();
        database.sql().sql("DROP POLICY tracker_all ON organizations").update();
        database.sql()
                .sql("ALTER TABLE org_memberships DISABLE ROW LEVEL SECURITY")
                .update();
        List<String> changed = policies(database);
        new Migrations(database.dataSource()).secure();

        assertThat(policies(database)).containsAll(changed).hasSize(13);
        assertThat(database.sql()
                        .sql("SELECT relrowsecurity FROM pg_class WHERE relname = 'org_memberships'")
                        .query(Boolean.class)
                        .single())
                .isTrue();
    }

    @Test
    void widerGrantsOfOlderVersionsAreTakenBack() {
        Database database = RealPostgres.freshDatabase();
        new Migrations(database.dataSource()).secure();
        String grants = trackersGrants(database);
        database.sql()
                .sql("GRANT SELECT ON ALL TABLES IN SCHEMA tracker TO tracker_worker")
                .update();
        database.sql()
                .sql("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tracker TO tracker_operator")
                .update();
        assertThat(trackersGrants(database)).isNotEqualTo(grants);

        new Migrations(database.dataSource()).secure();

        assertThat(trackersGrants(database)).isEqualTo(grants);
    }

    /** As a new feed's migration makes it; a table of somebody else's is none of ours. */
    @Test
    void aNewTableOfAnOrganizationsIsFoundByItsColumn() {
        Database database = RealPostgres.freshDatabase();
        database.sql()
                .sql("CREATE TABLE analytics_quality (id serial, org_id uuid REFERENCES organizations (id))")
                .update();
        database.sql().sql("CREATE TABLE invoices (org_id uuid)").update();

        new Migrations(database.dataSource()).secure();

        assertThat(policies(database))
                .filteredOn(policy -> policy.contains("analytics_quality"))
                .hasSize(2);
        assertThat(policies(database)).noneMatch(policy -> policy.contains("invoices"));
    }

    @Test
    void viewsAndFunctionsThatGoAroundThePoliciesAreNamed() {
        Database database = RealPostgres.freshDatabase();
        for (String definition : List.of(
                "CREATE VIEW around AS SELECT * FROM analytics_visualizations",
                "CREATE VIEW bound WITH (security_invoker = true) AS SELECT * FROM analytics_visualizations",
                "CREATE VIEW around_bound AS SELECT * FROM bound",
                "CREATE VIEW elsewhere AS SELECT email FROM users",
                "CREATE MATERIALIZED VIEW kept AS SELECT count(*) FROM organizations",
                "CREATE FUNCTION told(uuid) RETURNS bigint LANGUAGE sql SECURITY DEFINER"
                        + " AS 'SELECT count(*) FROM Analytics_Pipeline_History WHERE org_id = $1'",
                "CREATE FUNCTION asked(uuid) RETURNS bigint LANGUAGE sql"
                        + " AS 'SELECT count(*) FROM analytics_pipeline_history WHERE org_id = $1'",
                "CREATE FUNCTION other() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM users'")) {
            database.sql().sql(definition).update();
        }
        new Migrations(database.dataSource()).secure();

        assertThat(new WaysAround(database.sql()).all())
                .containsExactly(
                        "the function told(uuid): ALTER FUNCTION told(uuid) SECURITY INVOKER",
                        "the materialized view kept",
                        "the view around: ALTER VIEW around SET (security_invoker = true)",
                        "the view around_bound: ALTER VIEW around_bound SET (security_invoker = true)");
        assertThat(new Migrations(database.dataSource()).plan(true))
                .contains("row-level security does not hold in the materialized view kept");

        for (String mend : List.of(
                "ALTER VIEW around SET (security_invoker = true)",
                "ALTER VIEW around_bound SET (security_invoker = true)",
                "ALTER FUNCTION told(uuid) SECURITY INVOKER",
                "DROP MATERIALIZED VIEW kept")) {
            database.sql().sql(mend).update();
        }
        assertThat(new WaysAround(database.sql()).all()).isEmpty();
    }

    @Test
    void withoutTheChoiceNothingIsSecured() {
        assertThat(new Tenancy(RealPostgres.freshDatabase().dataSource()).isChosen())
                .isFalse();
    }

    @Test
    void aReaderCannotBecomeAnybodyElse() {
        assertThatExceptionOfType(SQLException.class).isThrownBy(() -> {
            try (Connection reader =
                            DATABASE.dataSource("reader_login", "reader_login").getConnection();
                    Statement statement = reader.createStatement()) {
                boolean unused = statement.execute("SET ROLE tracker_operator");
            }
        });
    }

    private static List<String> policies(Database database) {
        return database.sql()
                .sql("SELECT concat_ws(' ', xmin, polrelid::regclass, polname) FROM pg_policy ORDER BY 1")
                .query(String.class)
                .list();
    }

    private static String trackersGrants(Database database) {
        return database.sql().sql("""
                        SELECT string_agg(concat_ws(' ', c.relname, g.grantee::regrole, g.privilege_type), ', '
                                          ORDER BY c.relname, g.grantee::regrole::text, g.privilege_type)
                        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) g
                        WHERE c.relnamespace = 'tracker'::regnamespace AND g.grantee <> c.relowner
                        """).query(String.class).single();
    }

    /** The tables of every schema that told a reader anything of the other organization. */
    private static List<String> leaks() throws SQLException {
        List<String> leaks = new ArrayList<>();
        for (String table : DATABASE.sql().sql("""
                        SELECT oid::regclass::text FROM pg_class
                        WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relpersistence = 'p'
                          AND relnamespace::regnamespace::text <> 'information_schema'
                        """).query(String.class).list()) {
            String told = answer(OWN.toString(), "SELECT t::text FROM %s t".formatted(table));
            if (told.contains(CANARY) || told.contains(OTHER.toString())) {
                leaks.add(table);
            }
        }
        return leaks;
    }

    private static List<String> tablesOfOrganizations() {
        return DATABASE.sql().sql("""
                        SELECT DISTINCT c.relname FROM pg_class c
                        JOIN pg_attribute a ON a.attrelid = c.oid
                        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
                          AND (a.attname = 'org_id' OR c.relname = 'organizations')
                        ORDER BY 1
                        """).query(String.class).list();
    }

    private static String answer(String organization, String question) throws SQLException {
        return answer("reader_login", organization, question);
    }

    /** All that comes back: rows, notices, and of an error its message, or 42501 if that is all that it says. */
    private static String answer(String login, String organization, String question) throws SQLException {
        StringBuilder told = new StringBuilder();
        try (Connection connection = DATABASE.dataSource(login, login).getConnection();
                Statement statement = connection.createStatement()) {
            boolean unused = statement.execute("SET enable_seqscan = off");
            if (login.equals("reader_login")) {
                unused = statement.execute("SET tracker.org_id = '" + OTHER + "'");
                unused = statement.execute(
                        "PREPARE recent AS SELECT * FROM analytics_pipeline_history ORDER BY timestamp DESC LIMIT 50");
                unused = statement.execute("EXECUTE recent");
                unused = statement.execute("CREATE TEMP VIEW own_view AS SELECT * FROM analytics_visualizations");
                unused = statement.execute("""
                        CREATE FUNCTION pg_temp.tell(value text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
                        BEGIN RAISE NOTICE '%', value; RETURN true; END; $$
                        """);
            }
            unused = statement.execute("SET tracker.org_id = '" + organization + "'");
            statement.clearWarnings();
            if (statement.execute(question)) {
                try (ResultSet rows = statement.getResultSet()) {
                    while (rows.next()) {
                        for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
                            told.append(rows.getString(column)).append(' ');
                        }
                    }
                }
            }
            for (SQLWarning notice = statement.getWarnings(); notice != null; notice = notice.getNextWarning()) {
                told.append(notice.getMessage()).append(' ');
            }
        } catch (SQLException e) {
            if (TERSE_DENIAL.equals(e.getSQLState())) {
                return TERSE_DENIAL;
            }
            told.append(e.getMessage());
        }
        return told.toString();
    }

    private static void login(String name, @Nullable String role) {
        DATABASE.sql().sql("DROP ROLE IF EXISTS " + name).update();
        DATABASE.sql()
                .sql("CREATE ROLE %1$s LOGIN PASSWORD '%1$s' %2$s"
                        .formatted(name, role == null ? "" : "IN ROLE " + role))
                .update();
    }

    /** Rows in every table, with that text wherever one fits. */
    private static void fill(UUID organization, String text) {
        for (String insert : List.of(
                "INSERT INTO organizations (id, name, slug) VALUES (:org, :text, :text)",
                "INSERT INTO users (email, name, password_hash) VALUES (:text, :text, 'secret')",
                "INSERT INTO org_memberships (user_id, org_id, role) SELECT id, :org, :text FROM users WHERE email = :text",
                "INSERT INTO analytics_data_sources (id, org_id, name, config) VALUES ('s', :org, :text, '{}')",
                """
                INSERT INTO analytics_pipeline_history
                    (org_id, source_id, source_name, pipeline_id, status, error_message, timestamp)
                SELECT :org, 's', :text, gen_random_uuid(), 'failed', :text, now() FROM generate_series(1, 200)
                """,
                "INSERT INTO analytics_source_insights (org_id, source_id, data_summary) VALUES (:org, 's', :text)",
                """
                INSERT INTO analytics_visualizations (org_id, source_id, chart_type, chart_config)
                VALUES (:org, 's', 'bar', jsonb_build_object('title', :text))
                """)) {
            DATABASE.sql()
                    .sql(insert)
                    .param("org", organization)
                    .param("text", text)
                    .update();
        }
    }
}

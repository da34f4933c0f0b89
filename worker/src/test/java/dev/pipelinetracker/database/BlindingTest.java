package dev.pipelinetracker.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.pipelinetracker.faults.FaultyPostgres;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import java.util.List;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Logins that could read all rows before there was row-level security. */
class BlindingTest {

    private static final List<String> WORKERS_OLD_GRANTS = List.of(
            "GRANT USAGE ON SCHEMA tracker TO %s",
            "GRANT SELECT ON ALL TABLES IN SCHEMA tracker TO %s",
            "GRANT SELECT ON organizations TO %s",
            "GRANT SELECT, INSERT, UPDATE ON analytics_pipeline_history, analytics_source_insights, analytics_visualizations TO %s");

    private final Database database = RealPostgres.freshDatabase();
    private final String login = "login_" + UUID.randomUUID().toString().replace('-', '_');

    @BeforeEach
    void make() {
        sql("CREATE ROLE %s LOGIN PASSWORD '%s'".formatted(login, login));
        database.organization("Acme");
    }

    /** Roles are the server's, which other tests share. */
    @AfterEach
    void drop() {
        sql("DROP OWNED BY " + login);
        sql("DROP ROLE " + login);
    }

    @Test
    void aWorkerWithGrantsOfItsOwnIsNotBlindedButRefusedWithTheSqlThatMendsIt() {
        WORKERS_OLD_GRANTS.forEach(this::grant);

        String mend = sqlOf(assertThatRefused(migrations())
                .withMessageContaining("feeds' tables: " + login)
                .withMessageContaining("Nothing was changed"));
        assertThat(policies()).isZero();
        assertThat(migrations().plan(true))
                .as("told apart from who only reads")
                .noneMatch(step -> step.contains(login));

        sql(mend);
        migrations().secure();

        assertThat(organizationsSeen()).isEqualTo(1);
        assertThatCode(() -> asLogin().migrate()).doesNotThrowAnyException();
    }

    /** As after an ALTER TABLE by hand, or a REVOKE. */
    @Test
    void serveRefusesALoginThatSeesNoOrganization() {
        WORKERS_OLD_GRANTS.forEach(this::grant);
        makeRoles();
        grant("GRANT tracker_worker TO %s");
        migrations().secure();
        sql("REVOKE tracker_worker FROM " + login);
        assertThat(organizationsSeen()).isZero();

        String mend = sqlOf(assertThatExceptionOfType(DatabaseRefusedException.class)
                .isThrownBy(() -> asLogin().migrate())
                .withMessageContaining("hides every row from the login " + login));

        sql(mend);
        assertThatCode(() -> asLogin().migrate()).doesNotThrowAnyException();
        assertThat(organizationsSeen()).isEqualTo(1);
    }

    /** It would have to SET ROLE, which the worker does not. */
    @Test
    void aMemberThatDoesNotInheritIsBlind() {
        WORKERS_OLD_GRANTS.forEach(this::grant);
        sql("ALTER ROLE %s NOINHERIT".formatted(login));
        makeRoles();
        grant("GRANT tracker_worker TO %s");

        String mend = sqlOf(assertThatRefused(migrations()));
        sql(mend);
        migrations().secure();

        assertThat(organizationsSeen()).isEqualTo(1);
    }

    /** Another GRANT would not help it. */
    @Test
    void ofAMemberWhosePolicyIsGoneThePolicyIsNamed() {
        WORKERS_OLD_GRANTS.forEach(this::grant);
        makeRoles();
        grant("GRANT tracker_worker TO %s");
        migrations().secure();
        sql("DROP POLICY tracker_all ON organizations");

        assertThatExceptionOfType(DatabaseRefusedException.class)
                .isThrownBy(() -> asLogin().migrate())
                .withMessageContaining("the policy tracker_all is missing");

        migrations().secure();
        assertThatCode(() -> asLogin().migrate()).doesNotThrowAnyException();

        sql("ALTER POLICY tracker_all ON organizations TO tracker_operator");
        assertThatRefused(migrations()).withMessageContaining("drop it").withMessageContaining(login);
    }

    /** Readers see the one organization that they set; a worker sets none. */
    @Test
    void aReadersMembershipIsNotEnoughForWhoWrites() {
        WORKERS_OLD_GRANTS.forEach(this::grant);
        makeRoles();
        grant("GRANT tracker_reader TO %s");

        assertThatRefused(migrations()).withMessageContaining(login);
    }

    @Test
    void whoOnlyReadsIsWarnedOfAndWhoHasAPolicyOfItsOwnIsNot() {
        grant("GRANT SELECT ON analytics_pipeline_history TO %s");

        assertThat(migrations().plan(true))
                .anyMatch(step -> step.contains("hides every row from these logins") && step.contains(login));
        assertThatCode(() -> migrations().secure()).doesNotThrowAnyException();

        grant("CREATE POLICY own_writes ON analytics_pipeline_history FOR INSERT TO %s WITH CHECK (true)");
        assertThat(new Blinding(database.sql()).whoOnlyReads())
                .as("a policy that lets it write lets it read nothing")
                .contains(login);
        grant("CREATE POLICY own ON analytics_pipeline_history FOR SELECT TO %s USING (true)");
        assertThat(new Blinding(database.sql()).whoOnlyReads()).doesNotContain(login);
    }

    /** Its grants come by a group; on tables that are no business of a worker's it may be as blind as it likes. */
    @Test
    void grantsByAGroupCountAndOtherTablesDoNot() {
        String group = "group_of_" + login;
        sql("CREATE ROLE " + group + " NOLOGIN");
        try {
            sql("GRANT SELECT, INSERT ON analytics_data_sources TO " + group);
            grant("GRANT " + group + " TO %s");
            assertThatCode(() -> migrations().secure()).doesNotThrowAnyException();
            assertThat(new Blinding(database.sql()).whoOnlyReads()).doesNotContain(login);

            sql("GRANT SELECT, INSERT ON analytics_visualizations TO " + group);
            assertThatRefused(migrations()).withMessageContaining(login);
        } finally {
            sql("DROP OWNED BY " + group);
            sql("DROP ROLE " + group);
        }
    }

    /** Such as a cron job of retention: it would find nothing to delete, and say so each night. */
    @Test
    void whoDeletesOrOnlyInsertsIsNoMereReader() {
        grant("GRANT SELECT, DELETE ON analytics_pipeline_history TO %s");
        assertThatRefused(migrations()).withMessageContaining(login);

        sql("REVOKE ALL ON analytics_pipeline_history FROM " + login);
        grant("GRANT INSERT ON analytics_visualizations TO %s");
        assertThatRefused(migrations()).withMessageContaining(login);
    }

    /** Some give out short-lived logins that become another role as soon as they connect. */
    @Test
    void aRoleThatALoginBecomesCountsAsTheLogin() {
        String became = "became_by_" + login;
        makeRoles();
        migrations().secure();
        sql("CREATE ROLE " + became + " NOLOGIN");
        try {
            WORKERS_OLD_GRANTS.forEach(grant -> sql(grant.formatted(became)));
            grant("GRANT " + became + " TO %s");
            grant("ALTER ROLE %s SET role = '" + became + "'");

            assertThatExceptionOfType(DatabaseRefusedException.class)
                    .isThrownBy(() -> asLogin().migrate())
                    .withMessageContaining("hides every row from the login " + became);
        } finally {
            sql("DROP OWNED BY " + became);
            sql("DROP ROLE " + became);
        }
    }

    /** Killed between the last migration and its grants, or a grant that somebody took away. */
    @Test
    void migrateMakesAgainWhatIsMissingThoughNothingIsPending() {
        migrations().secure();
        sql("REVOKE INSERT ON tracker.offset_gaps FROM tracker_worker");
        sql("DROP POLICY tracker_all ON organizations");

        migrations().migrateOrAdopt();

        assertThat(database.sql()
                        .sql("SELECT has_table_privilege('tracker_worker', 'tracker.offset_gaps', 'INSERT')")
                        .query(Boolean.class)
                        .single())
                .isTrue();
        assertThat(database.sql()
                        .sql(
                                "SELECT count(*) FROM pg_policies WHERE policyname = 'tracker_all' AND tablename = 'organizations'")
                        .query(Long.class)
                        .single())
                .isEqualTo(1);
    }

    /** A way back, or the migration of an old worker that comes late: what the newer one may do it may do still. */
    @Test
    void whatANewerWorkerGrantedIsLeft() {
        migrations().secure();
        sql("CREATE TABLE tracker.of_the_future (id integer)");
        sql("GRANT SELECT ON tracker.of_the_future TO tracker_worker");
        sql("""
                INSERT INTO tracker.flyway_schema_history
                VALUES (99, '99', 'of the future', 'SQL', 'V99__of_the_future.sql', 1, 'somebody', now(), 1, true)
                """);

        migrations().migrateOrAdopt();
        migrations().secure();

        assertThat(database.sql()
                        .sql("SELECT has_table_privilege('tracker_worker', 'tracker.of_the_future', 'SELECT')")
                        .query(Boolean.class)
                        .single())
                .isTrue();
    }

    /** On a server without the roles, for an owner who may not create any: what the SQL names is all that it takes. */
    @Test
    void anOwnerWhoMayNotMakeTheRolesIsToldHow() {
        FaultyPostgres postgres = FaultyPostgres.start();
        JdbcClient superuser = postgres.sql("postgres");
        superuser.sql("CREATE ROLE owner_of_it LOGIN PASSWORD 'owner'").update();
        superuser.sql("CREATE ROLE old_worker LOGIN PASSWORD 'worker'").update();
        superuser.sql("CREATE DATABASE owned OWNER owner_of_it").update();
        Database owned = new Database(
                "owned", "jdbc:postgresql://127.0.0.1:%d/owned".formatted(postgres.port()), "owner_of_it", "owner");
        Migrations migrations = new Migrations(owned.dataSource());
        migrations.migrate();
        owned.organization("Acme");
        owned.sql()
                .sql("GRANT SELECT ON organizations, analytics_visualizations TO old_worker")
                .update();

        String roles = sqlOf(assertThatRefused(migrations).withMessageContaining("may not make the roles"));
        assertThat(roles)
                .contains("CREATE ROLE tracker_reader NOLOGIN;")
                .contains("GRANT tracker_worker TO owner_of_it WITH ADMIN OPTION;");
        owned.sql()
                .sql("GRANT INSERT ON analytics_visualizations TO old_worker")
                .update();
        String all = sqlOf(assertThatRefused(migrations).withMessageContaining("old_worker"));
        assertThat(all).startsWith(roles).endsWith("GRANT tracker_worker TO old_worker;");

        superuser.sql(all).update();
        migrations.secure();
        migrations.secure();

        assertThat(JdbcClient.create(owned.dataSource("old_worker", "worker"))
                        .sql("SELECT count(*) FROM organizations")
                        .query(Long.class)
                        .single())
                .isEqualTo(1);
    }

    /** The server's, by way of another database of it. */
    private static void makeRoles() {
        new Migrations(RealPostgres.freshDatabase().dataSource()).secure();
    }

    private Migrations migrations() {
        return new Migrations(database.dataSource());
    }

    private Migrations asLogin() {
        return new Migrations(database.dataSource(login, login));
    }

    private static ThrowableAssertAlternative<DatabaseRefusedException> assertThatRefused(Migrations migrations) {
        return assertThatExceptionOfType(DatabaseRefusedException.class).isThrownBy(migrations::secure);
    }

    /** What the message says is to be run. */
    private static String sqlOf(ThrowableAssertAlternative<DatabaseRefusedException> refusal) {
        return String.valueOf(refusal.actual().getMessage()).replaceFirst(".* again after this, as [^:]*: ", "");
    }

    private long organizationsSeen() {
        return JdbcClient.create(database.dataSource(login, login))
                .sql("SELECT count(id) FROM organizations")
                .query(Long.class)
                .single();
    }

    private long policies() {
        return database.sql()
                .sql("SELECT count(*) FROM pg_policy")
                .query(Long.class)
                .single();
    }

    private void grant(String grant) {
        sql(grant.formatted(login));
    }

    private void sql(String statements) {
        database.sql().sql(statements).update();
    }
}

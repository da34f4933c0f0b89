package dev.pipelinetracker.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import org.junit.jupiter.api.Test;

/** A database with the framework's older schema, by role, with rows in it. */
class RoleBasedTest {

    private final Database database = RealPostgres.emptyDatabase();

    RoleBasedTest() {
        database.run("framework/by-role.sql");
    }

    @Test
    void serveAndMigrateRefuseAndNameTheWayOut() {
        for (Runnable attempt : new Runnable[] {migrations()::migrate, migrations()::migrateOrAdopt}) {
            assertThatExceptionOfType(DatabaseRefusedException.class)
                    .isThrownBy(attempt::run)
                    .withMessageContaining("migrate --replace-role-based");
        }
        assertThat(count("public.analytics_pipeline_history")).isEqualTo(7);
    }

    @Test
    void theOldTablesAreKeptAndSchema20IsCreatedWithADemoOrganization() {
        migrations().replaceRoleBased();

        assertThat(count("legacy.analytics_pipeline_history")).isEqualTo(7);
        assertThat(count("legacy.analytics_data_sources")).isEqualTo(1);
        assertThat(count("public.analytics_pipeline_history")).isZero();
        assertThat(database.sql()
                        .sql("SELECT slug FROM organizations")
                        .query(String.class)
                        .list())
                .containsExactly("demo");
        assertThat(Schema20.differences(database.sql())).isEmpty();
        assertThat(migrations().plan(false)).isEmpty();
    }

    @Test
    void theOldTablesStillWork() {
        migrations().replaceRoleBased();

        database.sql()
                .sql("UPDATE legacy.analytics_data_sources SET name = 'renamed'")
                .update();
        database.sql()
                .sql(
                        "INSERT INTO legacy.analytics_pipeline_history (role, source_id, source_name, status, timestamp) VALUES ('r', 's', 'S', 'running', now())")
                .update();

        assertThat(count("legacy.analytics_pipeline_history")).isEqualTo(8);
    }

    @Test
    void afterACrashBetweenMovingAndCreatingItIsFinished() {
        new RoleBased(database.dataSource()).moveAway();

        migrations().replaceRoleBased();

        assertThat(count("public.organizations")).isEqualTo(1);
    }

    @Test
    void aCopyThatIsThereAlreadyIsNeverOverwritten() {
        database.sql().sql("CREATE SCHEMA legacy").update();
        database.sql()
                .sql("CREATE TABLE legacy.analytics_pipeline_history (id int)")
                .update();

        assertThatExceptionOfType(DatabaseRefusedException.class)
                .isThrownBy(() -> migrations().replaceRoleBased())
                .withMessageContaining("legacy already has analytics_pipeline_history");
        assertThat(count("public.analytics_pipeline_history")).isEqualTo(7);
    }

    @Test
    void thereIsNothingToReplaceInADatabaseOfOurs() {
        Database ours = RealPostgres.freshDatabase();

        assertThatExceptionOfType(DatabaseRefusedException.class)
                .isThrownBy(() -> new Migrations(ours.dataSource()).replaceRoleBased())
                .withMessageContaining("nothing to replace");
    }

    @Test
    void thePlanTellsAllAndDoesNothing() {
        assertThat(migrations().plan(false))
                .contains("create a demo organization")
                .anyMatch(step -> step.startsWith("move analytics_pipeline_history to the schema legacy"))
                .anyMatch(step -> step.startsWith("apply migration 1"));
        assertThat(count("public.analytics_pipeline_history")).isEqualTo(7);
    }

    private Migrations migrations() {
        return new Migrations(database.dataSource());
    }

    private long count(String table) {
        return database.sql()
                .sql("SELECT count(*) FROM " + table)
                .query(Long.class)
                .single();
    }
}

package dev.pipelinetracker.database;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.CoreMigrationType;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationInfoService;
import org.flywaydb.core.api.MigrationState;
import org.flywaydb.core.api.output.ValidateOutput;
import org.flywaydb.core.api.output.ValidateResult;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Looks which of the known states a database is in; changes nothing. */
final class Inspection {

    /** NULLS NOT DISTINCT, on which the identity of a chart stands, came with 15. */
    private static final int OLDEST_SUPPORTED = 15;
    /** A migration leaves the worker before it running: in a rolling upgrade, and for a way back. */
    private static final int NEWER_THAT_ARE_HARMLESS = 1;

    private final JdbcClient sql;
    private final Flyway flyway;

    Inspection(JdbcClient sql, Flyway flyway) {
        this.sql = sql;
        this.flyway = flyway;
    }

    /** @throws DatabaseRefusedException if it is in none of them */
    DatabaseState state() {
        refuseOldServer();
        // before the history is read: a worker that migrates at this moment commits a table and its history together
        List<String> tables = tablesOfSchema20();
        MigrationInfoService found = flyway.info();
        refuseNewerHistory(found);
        if (anyApplied(found)) {
            refuseOtherHistory();
            return DatabaseState.OURS;
        }
        if (tables.isEmpty()) {
            return DatabaseState.EMPTY;
        }
        if (RoleBased.isThere(sql)) {
            return DatabaseState.ROLE_BASED;
        }
        refuseOtherTables(tables);
        return DatabaseState.SCHEMA_2_0;
    }

    /**
     * Refuses a server that is too old.
     *
     * @param versionNumber PostgreSQL's {@code server_version_num}, such as 150018 for 15.18
     */
    static void refuseOldServer(int versionNumber) {
        int major = versionNumber / 10_000;
        if (major < OLDEST_SUPPORTED) {
            throw new DatabaseRefusedException(
                    "PostgreSQL %d is too old: this worker needs %d or newer. Upgrade the server, or set spring.datasource.url to another one."
                            .formatted(major, OLDEST_SUPPORTED));
        }
    }

    private void refuseOldServer() {
        refuseOldServer(sql.sql("SELECT current_setting('server_version_num')::int")
                .query(Integer.class)
                .single());
    }

    private List<String> tablesOfSchema20() {
        // not to_regclass(): that needs rights on the schema
        return sql.sql("""
                        SELECT relname
                        FROM pg_catalog.pg_class
                        WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'public')
                          AND relkind IN ('r', 'p', 'v', 'm', 'f')
                          AND relname IN (:tables)
                        ORDER BY relname
                        """).param("tables", Schema20.TABLES).query(String.class).list();
    }

    private static boolean anyApplied(MigrationInfoService found) {
        // synthetic: the creation of the schema is an entry of the history too; so is an adoption, which counts
        return Arrays.stream(found.applied())
                .anyMatch(migration ->
                        !migration.getType().isSynthetic() || migration.getType() == CoreMigrationType.BASELINE);
    }

    /** Whether a worker of a later version has migrated it. */
    boolean isNewer() {
        return Arrays.stream(flyway.info().all()).anyMatch(Inspection::isNewer);
    }

    private static boolean isNewer(MigrationInfo migration) {
        return migration.getState() == MigrationState.FUTURE_SUCCESS
                || migration.getState() == MigrationState.FUTURE_FAILED;
    }

    private static void refuseNewerHistory(MigrationInfoService found) {
        int newestOfOurs = 0;
        int newestThere = 0;
        int newer = 0;
        for (MigrationInfo migration : found.all()) {
            if (migration.getVersion() == null) {
                continue;
            }
            int version = Integer.parseInt(migration.getVersion().getVersion());
            if (isNewer(migration)) {
                newer++;
                newestThere = Math.max(newestThere, version);
            } else {
                newestOfOurs = Math.max(newestOfOurs, version);
            }
        }
        // by their number, since versions may leave some out
        if (newer > NEWER_THAT_ARE_HARMLESS) {
            throw new DatabaseRefusedException(
                    "The database was migrated to version %d by a newer worker than this one, which knows version %d and can work with one migration more. Run that worker, or a newer one."
                            .formatted(newestThere, newestOfOurs));
        }
    }

    private void refuseOtherTables(List<String> tables) {
        List<String> differences = Schema20.differences(sql);
        if (!differences.isEmpty()) {
            throw new DatabaseRefusedException(
                    "The database already has tables that this worker did not create (public: %s), they are not schema 2.0 (%s%s), and there is no history of its own migrations in the schema %s. Bring them to schema 2.0, or set spring.datasource.url to an empty database."
                            .formatted(
                                    String.join(", ", tables),
                                    differences.stream().limit(3).collect(Collectors.joining("; ")),
                                    differences.size() > 3 ? "; and %d more".formatted(differences.size() - 3) : "",
                                    Migrations.OWN_SCHEMA));
        }
    }

    private void refuseOtherHistory() {
        ValidateResult result = flyway.validateWithResult();
        if (!result.validationSuccessful) {
            throw new DatabaseRefusedException(
                    "The database was migrated by other scripts than this worker's (in %s, version %s). Run the worker that belongs to it, or set spring.datasource.url to another database."
                            .formatted(Migrations.OWN_SCHEMA + ".flyway_schema_history", versions(result)));
        }
    }

    private static String versions(ValidateResult result) {
        return result.invalidMigrations.stream()
                .map((ValidateOutput invalid) -> invalid.version)
                .collect(Collectors.joining(", "));
    }
}

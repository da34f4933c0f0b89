package dev.pipelinetracker.database;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationInfoService;
import org.flywaydb.core.api.MigrationState;
import org.flywaydb.core.api.output.ValidateOutput;
import org.flywaydb.core.api.output.ValidateResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Brings a database to what this worker needs: schema 2.0 in the schema {@code public}, the worker's own in
 * {@code tracker}. A database that it cannot bring there it refuses, untouched.
 */
public final class Migrations {

    private static final Logger log = LoggerFactory.getLogger(Migrations.class);

    private static final String OWN_SCHEMA = "tracker";
    /** NULLS NOT DISTINCT, on which the identity of a chart stands, came with 15. */
    private static final int OLDEST_SUPPORTED = 15;

    private final DataSource database;
    private final Flyway flyway;

    /** @param database lends at least two connections at a time, with the rights that {@link #migrate} names */
    public Migrations(DataSource database) {
        this.database = database;
        this.flyway = Flyway.configure(Migrations.class.getClassLoader())
                .dataSource(database)
                .locations("classpath:db/migration")
                .failOnMissingLocations(true)
                .validateMigrationNaming(true)
                .defaultSchema(OWN_SCHEMA)
                .createSchemas(true)
                .ignoreMigrationPatterns("*:pending")
                .load();
    }

    /**
     * Applies what is not applied yet, each migration in a transaction of its own. Several workers may do so at once. Where
     * nothing is missing it only reads: USAGE on the schema {@code tracker} and SELECT on
     * {@code tracker.flyway_schema_history} suffice. Otherwise the role must be allowed to create a schema in the database
     * and tables in {@code public}.
     *
     * @throws DatabaseRefusedException if this is no database for this worker, which trying again would not change
     * @throws org.springframework.dao.DataAccessException if the database is away, or in other trouble
     * @throws org.flywaydb.core.api.FlywayException likewise, caused by a {@link java.sql.SQLException}; also for missing rights
     */
    public void migrate() {
        refuseOldServer();
        // before the history is read: a worker that migrates at this moment commits a table and its history together
        List<String> tables = tablesOfSchema20();
        MigrationInfoService found = flyway.info();
        refuseNewerHistory(found);
        if (!anyApplied(found)) {
            refuseForeignTables(tables);
        } else {
            refuseOtherHistory();
        }
        if (found.pending().length > 0) {
            flyway.migrate()
                    .migrations
                    .forEach(done -> log.info("Migrated the database to {}: {}", done.version, done.description));
        }
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
        refuseOldServer(JdbcClient.create(database)
                .sql("SELECT current_setting('server_version_num')::int")
                .query(Integer.class)
                .single());
    }

    private List<String> tablesOfSchema20() {
        // not to_regclass(): that needs rights on the schema
        return JdbcClient.create(database).sql("""
                        SELECT relname
                        FROM pg_catalog.pg_class
                        WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'public')
                          AND relkind IN ('r', 'p', 'v', 'm', 'f')
                          AND relname IN ('organizations', 'users', 'org_memberships', 'analytics_data_sources',
                              'analytics_pipeline_history', 'analytics_source_insights', 'analytics_visualizations')
                        ORDER BY relname
                        """).query(String.class).list();
    }

    private static boolean anyApplied(MigrationInfoService found) {
        // synthetic: the creation of the schema is an entry of the history too
        return Arrays.stream(found.applied())
                .anyMatch(migration -> !migration.getType().isSynthetic());
    }

    private static void refuseNewerHistory(MigrationInfoService found) {
        for (MigrationInfo migration : found.all()) {
            MigrationState state = migration.getState();
            if (state == MigrationState.FUTURE_SUCCESS || state == MigrationState.FUTURE_FAILED) {
                throw new DatabaseRefusedException(
                        "The database was migrated to version %s by a newer worker than this one. Run that worker, or a newer one."
                                .formatted(migration.getVersion()));
            }
        }
    }

    private static void refuseForeignTables(List<String> tables) {
        if (!tables.isEmpty()) {
            throw new DatabaseRefusedException(
                    "The database already has tables that this worker did not create (public: %s), and no history of its own migrations in the schema %s. Taking over existing tables is not supported: set spring.datasource.url to an empty database."
                            .formatted(String.join(", ", tables), OWN_SCHEMA));
        }
    }

    private void refuseOtherHistory() {
        ValidateResult result = flyway.validateWithResult();
        if (!result.validationSuccessful) {
            throw new DatabaseRefusedException(
                    "The database was migrated by other scripts than this worker's (in %s, version %s). Run the worker that belongs to it, or set spring.datasource.url to another database."
                            .formatted(OWN_SCHEMA + ".flyway_schema_history", versions(result)));
        }
    }

    private static String versions(ValidateResult result) {
        return result.invalidMigrations.stream()
                .map((ValidateOutput invalid) -> invalid.version)
                .collect(Collectors.joining(", "));
    }
}

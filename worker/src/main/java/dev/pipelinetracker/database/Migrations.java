package dev.pipelinetracker.database;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.CoreMigrationType;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationInfoService;
import org.flywaydb.core.api.output.ValidateOutput;
import org.flywaydb.core.api.output.ValidateResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Brings a database to what this worker needs: schema 2.0 in the schema {@code public}, the worker's own in
 * {@code tracker}. A database that it cannot bring there it refuses, untouched.
 *
 * <p>Every method throws {@link DatabaseRefusedException} if this is no database for it, which trying again would not
 * change, and {@link org.springframework.dao.DataAccessException} or {@link org.flywaydb.core.api.FlywayException} if the
 * database is away or rights are missing.
 */
public final class Migrations {

    private static final Logger log = LoggerFactory.getLogger(Migrations.class);

    private static final String OWN_SCHEMA = "tracker";
    /** NULLS NOT DISTINCT, on which the identity of a chart stands, came with 15. */
    private static final int OLDEST_SUPPORTED = 15;
    /** What an adopted database has already: V1 is its own schema 2.0, V2 is {@link Adoption}. */
    private static final String ADOPTED_AS = "2";
    /** A migration leaves the worker before it running: in a rolling upgrade, and for a way back. */
    private static final int NEWER_THAT_ARE_HARMLESS = 1;

    private final DataSource database;
    private final JdbcClient sql;
    private final Flyway flyway;

    /** @param database lends at least two connections at a time, with the rights that the method names */
    public Migrations(DataSource database) {
        this.database = database;
        this.sql = JdbcClient.create(database);
        this.flyway = Flyway.configure(Migrations.class.getClassLoader())
                .dataSource(database)
                .locations("classpath:db/migration")
                .failOnMissingLocations(true)
                .validateMigrationNaming(true)
                .defaultSchema(OWN_SCHEMA)
                .createSchemas(true)
                .baselineVersion(ADOPTED_AS)
                .baselineDescription("schema 2.0 that was there, adopted")
                .ignoreMigrationPatterns("*:pending", "*:future")
                .load();
    }

    /**
     * For {@code serve}: creates everything in an empty database, and applies what is missing to one of ours, each migration
     * in a transaction of its own. Several workers may do so at once. Where nothing is missing it only reads: USAGE on the
     * schema {@code tracker} and SELECT on {@code tracker.flyway_schema_history} suffice. Otherwise the role must be allowed
     * to create a schema in the database and tables in {@code public}.
     */
    public void migrate() {
        switch (state()) {
            case EMPTY, OURS -> applyPending();
            case SCHEMA_2_0 ->
                throw new DatabaseRefusedException(
                        "The database has the tables of schema 2.0, which no worker has adopted yet. See what that would do with migrate --plan, and do it with migrate.");
            case ROLE_BASED -> throw refusedForRoles();
        }
    }

    /**
     * For {@code migrate}: as {@link #migrate}, and adopts a schema 2.0 that the framework made, while it is read and
     * written. One at a time.
     */
    public void migrateOrAdopt() {
        switch (state()) {
            case EMPTY, OURS -> applyPending();
            case SCHEMA_2_0 ->
                OneAtATime.run(database, () -> {
                    new Adoption(sql).run();
                    flyway.baseline();
                    applyPending();
                });
            case ROLE_BASED -> throw refusedForRoles();
        }
    }

    /**
     * For {@code migrate --replace-role-based}: moves the tables of the framework's older schema to the schema
     * {@code legacy}, creates schema 2.0 and a demo organization. One at a time.
     */
    public void replaceRoleBased() {
        OneAtATime.run(database, () -> {
            DatabaseState state = state();
            RoleBased roleBased = new RoleBased(database);
            if (state == DatabaseState.ROLE_BASED) {
                roleBased.moveAway();
            } else if (state != DatabaseState.EMPTY || !roleBased.isMovedAway()) {
                throw new DatabaseRefusedException(
                        "The database has no tables by role, so there is nothing to replace. Run migrate without --replace-role-based.");
            }
            applyPending();
            roleBased.createDemoOrganization();
        });
    }

    /**
     * For {@code migrate --row-level-security}: keeps organizations apart in the database itself, once it is migrated. Every
     * later migration keeps it so. The role must own the tables and be allowed to create roles, unless {@code tracker_worker},
     * {@code tracker_reader} and {@code tracker_operator} are there.
     */
    public void secure() {
        new Tenancy(database).choose();
        log.info("Row-level security is on, by the session setting tracker.org_id");
    }

    /**
     * What {@link #migrateOrAdopt} would do, a line for each step, or {@link #replaceRoleBased} where the schema is by role.
     * Changes nothing; of tables that would be adopted it reads every row.
     */
    public List<String> plan() {
        List<String> plan = new ArrayList<>();
        DatabaseState state = state();
        int applied = 0;
        switch (state) {
            case EMPTY, OURS -> {}
            case SCHEMA_2_0 -> {
                plan.add("adopt the tables of schema 2.0 as they are");
                plan.addAll(new Adoption(sql).plan());
                applied = Integer.parseInt(ADOPTED_AS);
            }
            case ROLE_BASED -> {
                plan.add("only with --replace-role-based:");
                plan.addAll(new RoleBased(database).plan());
            }
        }
        for (MigrationInfo pending : flyway.info().pending()) {
            if (Integer.parseInt(pending.getVersion().getVersion()) > applied) {
                plan.add("apply migration %s: %s".formatted(pending.getVersion(), pending.getDescription()));
            }
        }
        if (state == DatabaseState.ROLE_BASED) {
            plan.add("create a demo organization");
        }
        return plan;
    }

    private void applyPending() {
        if (flyway.info().pending().length > 0) {
            flyway.migrate()
                    .migrations
                    .forEach(done -> log.info("Migrated the database to {}: {}", done.version, done.description));
            Tenancy tenancy = new Tenancy(database);
            if (tenancy.isChosen()) {
                // grants and policies of tables that are new
                tenancy.choose();
            }
        }
    }

    private DatabaseState state() {
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

    private static void refuseNewerHistory(MigrationInfoService found) {
        int newestOfOurs = 0;
        int newestThere = 0;
        int newer = 0;
        for (MigrationInfo migration : found.all()) {
            if (migration.getVersion() == null) {
                continue;
            }
            int version = Integer.parseInt(migration.getVersion().getVersion());
            switch (migration.getState()) {
                case FUTURE_SUCCESS, FUTURE_FAILED -> {
                    newer++;
                    newestThere = Math.max(newestThere, version);
                }
                default -> newestOfOurs = Math.max(newestOfOurs, version);
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
                                    OWN_SCHEMA));
        }
    }

    private static DatabaseRefusedException refusedForRoles() {
        return new DatabaseRefusedException(
                "The database has the framework's older schema, by role instead of organization. migrate --plan tells what migrate --replace-role-based would do: move those tables to the schema legacy, and create schema 2.0.");
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

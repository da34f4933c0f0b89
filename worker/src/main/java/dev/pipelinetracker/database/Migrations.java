package dev.pipelinetracker.database;

import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
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

    static final String OWN_SCHEMA = "tracker";
    /** What an adopted database has already: V1 is its own schema 2.0, V2 is {@link Adoption}. */
    private static final String ADOPTED_AS = "2";

    private final DataSource database;
    private final JdbcClient sql;
    private final Flyway flyway;
    private final Inspection inspection;

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
        this.inspection = new Inspection(sql, flyway);
    }

    /**
     * For {@code serve}: creates everything in an empty database, and applies what is missing to one of ours, each migration
     * in a transaction of its own. Several workers may do so at once. Where nothing is missing it only reads: USAGE on the
     * schema {@code tracker} and SELECT on {@code tracker.flyway_schema_history} suffice. Otherwise the role must be allowed
     * to create a schema in the database and tables in {@code public}. Refuses a login that would see no organization.
     */
    public void migrate() {
        switch (inspection.state()) {
            case EMPTY, OURS -> {
                new Blinding(sql).refuseThisLogin();
                if (isAnyPending()) {
                    bringUp();
                }
            }
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
        switch (inspection.state()) {
            case EMPTY, OURS -> bringUp();
            case SCHEMA_2_0 ->
                OneAtATime.run(database, () -> {
                    new Adoption(sql).run();
                    flyway.baseline();
                    bringUp();
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
            DatabaseState state = inspection.state();
            RoleBased roleBased = new RoleBased(database);
            if (state == DatabaseState.ROLE_BASED) {
                roleBased.moveAway();
            } else if (state != DatabaseState.EMPTY || !roleBased.isMovedAway()) {
                throw new DatabaseRefusedException(
                        "The database has no tables by role, so there is nothing to replace. Run migrate without --replace-role-based.");
            }
            bringUp();
            roleBased.createDemoOrganization();
        });
    }

    /**
     * For {@code migrate --row-level-security}, before anything else is done: refuses if {@link #secure} would hide all rows from
     * a login that writes the feeds' tables, or could not make the roles. Changes nothing.
     */
    public void refuseToBlind() {
        new Blinding(sql).refuseToBlindAWriter();
    }

    /**
     * For {@code migrate --row-level-security}: keeps organizations apart in the database itself, once it is migrated. Every
     * later migration keeps it so. The role must own the tables and be allowed to create roles, unless {@code tracker_worker},
     * {@code tracker_reader} and {@code tracker_operator} are there. Refuses as {@link #refuseToBlind} does. Grants and policies
     * that a newer worker made are left as they are: this version would take away what it does not know of.
     */
    public void secure() {
        refuseToBlind();
        Tenancy tenancy = new Tenancy(database);
        if (tenancy.isChosen() && inspection.isNewer()) {
            log.info("Row-level security is on, and left as a newer worker made it");
            return;
        }
        tenancy.choose();
        log.info("Row-level security is on, by the session setting tracker.org_id");
    }

    /**
     * What {@link #migrateOrAdopt} would do, a line for each step, or {@link #replaceRoleBased} where the schema is by role.
     * Changes nothing; of tables that would be adopted it reads every row.
     *
     * @param rowLevelSecurity whether {@link #secure} would follow
     */
    public List<String> plan(boolean rowLevelSecurity) {
        List<String> plan = new ArrayList<>();
        DatabaseState state = inspection.state();
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
        if (rowLevelSecurity) {
            plan.addAll(new Tenancy(database).plan());
        }
        return plan;
    }

    private boolean isAnyPending() {
        return flyway.info().pending().length > 0;
    }

    /** Applies what is pending, and makes what is missing of roles, grants and policies where row-level security was chosen. */
    private void bringUp() {
        if (isAnyPending()) {
            flyway.migrate()
                    .migrations
                    .forEach(done -> log.info("Migrated the database to {}: {}", done.version, done.description));
        }
        Tenancy tenancy = new Tenancy(database);
        if (tenancy.isChosen() && !inspection.isNewer()) {
            tenancy.choose();
        }
    }

    private static DatabaseRefusedException refusedForRoles() {
        return new DatabaseRefusedException(
                "The database has the framework's older schema, by role instead of organization. migrate --plan tells what migrate --replace-role-based would do: move those tables to the schema legacy, and create schema 2.0.");
    }
}

package dev.pipelinetracker.database;

import java.util.List;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The framework's older schema, by role instead of organization. Its document's migration drops the analytics tables; here
 * they are moved, whole and with their indexes, to the schema {@code legacy}, which makes room just as well.
 */
final class RoleBased {

    private static final String LEGACY = "legacy";

    private static final List<String> MOVED = List.of(
            "analytics_data_sources",
            "analytics_pipeline_history",
            "analytics_source_insights",
            "analytics_visualizations");

    private final JdbcClient database;
    private final TransactionTemplate transaction;

    RoleBased(DataSource database) {
        this.database = JdbcClient.create(database);
        this.transaction = new TransactionTemplate(new JdbcTransactionManager(database));
    }

    /** Whether a table is there by a role, and none of user management's. */
    static boolean isThere(JdbcClient database) {
        return database.sql("""
                        SELECT coalesce(
                          bool_or(c.relname IN (:analytics) AND by_role.attname IS NOT NULL AND by_org.attname IS NULL)
                            AND NOT bool_or(c.relname NOT IN (:analytics)), false)
                        FROM pg_catalog.pg_class c
                        LEFT JOIN pg_catalog.pg_attribute by_role
                          ON by_role.attrelid = c.oid AND by_role.attname = 'role' AND NOT by_role.attisdropped
                        LEFT JOIN pg_catalog.pg_attribute by_org
                          ON by_org.attrelid = c.oid AND by_org.attname = 'org_id' AND NOT by_org.attisdropped
                        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname IN (:tables)
                        """)
                .param("analytics", MOVED)
                .param("tables", Schema20.TABLES)
                .query(Boolean.class)
                .single();
    }

    /** What {@link #moveAway} would do, a line for each table. */
    List<String> plan() {
        return tablesOf("public").stream()
                .map(table -> "move %s to the schema %s (%s rows, by the statistics)"
                        .formatted(table, LEGACY, estimatedRows(table)))
                .toList();
    }

    /**
     * Moves the tables, and the trigger's function of the same name as schema 2.0's, all or none.
     *
     * @throws DatabaseRefusedException if the schema legacy has such tables already
     */
    void moveAway() {
        List<String> there = tablesOf(LEGACY);
        if (!there.isEmpty()) {
            throw new DatabaseRefusedException(
                    "The schema %s already has %s. Rename that schema, and run migrate --replace-role-based again."
                            .formatted(LEGACY, String.join(", ", there)));
        }
        transaction.executeWithoutResult(status -> {
            database.sql("CREATE SCHEMA IF NOT EXISTS " + LEGACY).update();
            for (String table : tablesOf("public")) {
                database.sql("ALTER TABLE public.%s SET SCHEMA %s".formatted(table, LEGACY))
                        .update();
            }
            if (database.sql("SELECT to_regprocedure('public.update_updated_at_column()') IS NOT NULL")
                    .query(Boolean.class)
                    .single()) {
                database.sql("ALTER FUNCTION public.update_updated_at_column() SET SCHEMA " + LEGACY)
                        .update();
            }
        });
    }

    /** Whether an earlier {@link #moveAway} was the last thing that happened. */
    boolean isMovedAway() {
        return !tablesOf(LEGACY).isEmpty() && tablesOf("public").isEmpty();
    }

    /** As the document's migration does, for testing. */
    void createDemoOrganization() {
        database.sql("""
                        INSERT INTO public.organizations (name, slug, industry) VALUES ('Demo Organization', 'demo', 'technology')
                        ON CONFLICT (slug) DO NOTHING
                        """).update();
    }

    private List<String> tablesOf(String schema) {
        return database.sql("""
                        SELECT relname FROM pg_catalog.pg_class
                        WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = :schema)
                          AND relkind IN ('r', 'p') AND relname IN (:tables)
                        ORDER BY relname
                        """)
                .param("schema", schema)
                .param("tables", MOVED)
                .query(String.class)
                .list();
    }

    private String estimatedRows(String table) {
        return database.sql("""
                        SELECT CASE WHEN reltuples < 0 THEN 'unknown' ELSE reltuples::bigint::text END
                        FROM pg_catalog.pg_class WHERE oid = ('public.' || :table)::regclass
                        """).param("table", table).query(String.class).single();
    }
}

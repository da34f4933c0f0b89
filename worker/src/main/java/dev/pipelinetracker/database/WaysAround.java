package dev.pipelinetracker.database;

import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Views and functions that tell whoever may use them the rows of all organizations, because they run with the rights of an owner
 * whom the policies do not bind. They are somebody else's: named, not changed.
 */
final class WaysAround {

    /**
     * A view counts with all that it is made of; a materialized one always, since it keeps what its owner saw. Of a function only
     * its text is known: it counts if that names a table.
     */
    private static final String ALL = """
            WITH RECURSIVE secured AS (
              SELECT c.oid, c.relname, c.relowner, c.relforcerowsecurity
              FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
              WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                AND (c.relname = 'organizations' AND a.attname = 'id'
                     OR (c.relname = 'org_memberships' OR c.relname LIKE 'analytics\\_%') AND a.attname = 'org_id')
            ), over (oid) AS (
              SELECT oid FROM secured
              UNION
              SELECT r.ev_class
              FROM over
              JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = over.oid
                AND d.classid = 'pg_catalog.pg_rewrite'::regclass
              JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
            ), unbound AS (
              SELECT o.oid
              FROM pg_catalog.pg_roles o
              WHERE o.rolsuper OR o.rolbypassrls
                OR EXISTS (SELECT FROM secured
                           WHERE pg_has_role(o.oid, secured.relowner, 'USAGE') AND NOT relforcerowsecurity)
                OR EXISTS (SELECT FROM pg_catalog.pg_roles w
                           WHERE w.rolname IN ('tracker_worker', 'tracker_operator') AND pg_has_role(o.oid, w.oid, 'USAGE'))
            )
            SELECT 'the materialized view ' || v.oid::regclass AS way
            FROM over JOIN pg_catalog.pg_class v ON v.oid = over.oid AND v.relkind = 'm'
            UNION ALL
            SELECT format('the view %s: ALTER VIEW %s SET (security_invoker = true)', v.oid::regclass, v.oid::regclass)
            FROM over JOIN pg_catalog.pg_class v ON v.oid = over.oid AND v.relkind = 'v'
            WHERE v.relowner IN (SELECT oid FROM unbound)
              AND NOT EXISTS (SELECT FROM pg_catalog.pg_options_to_table(v.reloptions)
                              WHERE option_name = 'security_invoker' AND option_value::boolean)
            UNION ALL
            SELECT format('the function %s: ALTER FUNCTION %s SECURITY INVOKER', f.oid::regprocedure, f.oid::regprocedure)
            FROM pg_catalog.pg_proc f
            WHERE f.prosecdef AND f.prokind IN ('f', 'p') AND f.proowner IN (SELECT oid FROM unbound)
              AND f.pronamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
              AND EXISTS (SELECT FROM secured
                          WHERE strpos(lower(pg_catalog.pg_get_functiondef(f.oid)), secured.relname) > 0)
            ORDER BY way
            """;

    private final JdbcClient database;

    WaysAround(JdbcClient database) {
        this.database = database;
    }

    /** Each by kind and name, with what would close it where that is one statement. */
    List<String> all() {
        return database.sql(ALL).query(String.class).list();
    }
}

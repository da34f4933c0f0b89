package dev.pipelinetracker.database;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * From whom row-level security hides every row of {@code organizations} or of a feed's table. To a worker that would look like
 * a database without organizations, and each good event would become a dead letter: so it is refused, not warned of.
 */
public final class Blinding {

    /**
     * Logins that may use such a table and see nothing in it: neither above the policies nor under one that lets them read.
     * Who writes, or deletes as retention does, is not helped by the policy of readers, who see one organization. With {@code foreseen} as
     * it will be once row-level security is on and its missing policies are made, else as it is.
     */
    private static final String BLINDED = """
            WITH tables AS (
              SELECT c.oid, c.relname, c.relowner, c.relrowsecurity, c.relforcerowsecurity
              FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
              WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'public') AND c.relkind IN ('r', 'p')
                AND (c.relname = 'organizations' AND a.attname = 'id' OR c.relname IN (:written) AND a.attname = 'org_id')
            ), policies AS (
              SELECT p.polrelid AS "table", p.polname AS name, r.role
              FROM pg_catalog.pg_policy p CROSS JOIN LATERAL unnest(p.polroles) AS r (role)
              WHERE p.polpermissive AND p.polcmd IN ('r', '*')
              UNION ALL
              SELECT t.oid, made.name, r.oid
              FROM (VALUES ('tracker_all', 'tracker_worker'), ('tracker_all', 'tracker_operator'),
                           ('tracker_reader', 'tracker_reader')) AS made (name, role)
              JOIN pg_catalog.pg_roles r ON r.rolname = made.role
              CROSS JOIN tables t
              WHERE :foreseen
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = t.oid AND p.polname = made.name)
            ), logins AS (
              SELECT l.oid, l.rolname, EXISTS (
                SELECT FROM tables t
                WHERE t.relname <> 'organizations'
                  AND (has_any_column_privilege(l.oid, t.oid, 'INSERT') OR has_table_privilege(l.oid, t.oid, 'DELETE'))) AS writes
              FROM pg_catalog.pg_roles l
              WHERE (l.rolcanlogin OR l.rolname = current_user) AND NOT l.rolsuper AND NOT l.rolbypassrls
            )
            SELECT l.rolname AS name, quote_ident(l.rolname) AS quoted, l.writes, l.rolname = current_user AS own,
                   EXISTS (SELECT FROM pg_catalog.pg_roles w
                           WHERE w.rolname = 'tracker_worker' AND pg_has_role(l.oid, w.oid, 'MEMBER')) AS member,
                   EXISTS (SELECT FROM pg_catalog.pg_roles w
                           WHERE w.rolname = 'tracker_worker' AND pg_has_role(l.oid, w.oid, 'USAGE')) AS inherits
            FROM logins l
            WHERE EXISTS (
              SELECT FROM tables t
              WHERE (:foreseen OR t.relrowsecurity)
                AND has_any_column_privilege(l.oid, t.oid, 'SELECT, INSERT')
                AND (t.relforcerowsecurity OR NOT pg_has_role(l.oid, t.relowner, 'USAGE'))
                AND NOT EXISTS (
                  SELECT FROM policies p
                  WHERE p."table" = t.oid AND (p.role = 0 OR pg_has_role(l.oid, p.role, 'USAGE'))
                    AND NOT (l.writes AND p.name = 'tracker_reader')))
            ORDER BY 1
            """;

    /** What whoever migrates lacks to make the roles, as SQL for somebody who may. */
    private static final String MISSING = """
            WITH me AS (SELECT oid, quote_ident(rolname) AS quoted, rolsuper, rolcreaterole
                        FROM pg_catalog.pg_roles WHERE rolname = current_user),
                 worker AS (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = 'tracker_worker'),
                 operator AS (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = 'tracker_operator')
            SELECT 'CREATE ROLE ' || role || ' NOLOGIN;'
            FROM me, unnest(ARRAY['tracker_worker', 'tracker_reader', 'tracker_operator']) AS wanted (role)
            WHERE NOT (rolsuper OR rolcreaterole) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role)
            UNION ALL
            SELECT 'GRANT tracker_worker TO ' || quoted || ' WITH ADMIN OPTION;'
            FROM me
            WHERE NOT rolsuper
              AND NOT EXISTS (SELECT FROM worker, operator WHERE pg_has_role(operator.oid, worker.oid, 'MEMBER'))
              AND CASE
                    WHEN EXISTS (SELECT FROM worker) THEN
                      NOT EXISTS (SELECT FROM worker WHERE pg_has_role(me.oid, worker.oid, 'MEMBER WITH ADMIN OPTION'))
                      AND NOT (rolcreaterole AND current_setting('server_version_num')::int < 160000)
                    ELSE NOT rolcreaterole
                  END
            """;

    private final JdbcClient database;

    /** Of the database and the login that this connects to. */
    public Blinding(JdbcClient database) {
        this.database = database;
    }

    private record Login(String name, String quoted, boolean writes, boolean own, boolean member, boolean inherits) {

        /** What opens its eyes. */
        String mend() {
            if (inherits) {
                return "/* %s is a member of tracker_worker, but the policy tracker_all is missing or changed: drop it, and migrate --row-level-security makes it anew */"
                        .formatted(name);
            }
            // a member that does not inherit is under no policy of its role's: PostgreSQL 16 keeps that with the
            // membership, older ones with the role
            return (member ? "ALTER ROLE %1$s INHERIT; REVOKE tracker_worker FROM %1$s; " : "").formatted(quoted)
                    + "GRANT tracker_worker TO %s;".formatted(quoted);
        }
    }

    /** For whoever must see all organizations: throws DatabaseRefusedException if this login sees none. */
    public void refuseThisLogin() {
        blinded(false).stream().filter(Login::own).findFirst().ifPresent(login -> {
            throw new DatabaseRefusedException(
                    "Row-level security hides every row from the login %s: to it no organization exists, and each event would be rejected (unknown_org). Start again after this, as the tables' owner or a superuser: %s"
                            .formatted(login.name(), sql(List.of(), List.of(login))));
        });
    }

    /**
     * For {@code migrate --row-level-security}, before anything is changed: throws DatabaseRefusedException if it would blind a
     * login that writes a feed's table, as a worker does, or if this role cannot make the roles.
     */
    void refuseToBlindAWriter() {
        List<Login> writers = blinded(true).stream().filter(Login::writes).toList();
        List<String> missing = database.sql(MISSING).query(String.class).list();
        if (!writers.isEmpty()) {
            throw new DatabaseRefusedException(
                    "Row-level security would hide every row from logins that write the feeds' tables: %s. A worker among them would reject each event (unknown_org). Nothing was changed. Run migrate again after this, as somebody who may create roles: %s"
                            .formatted(
                                    writers.stream().map(Login::name).collect(Collectors.joining(", ")),
                                    sql(missing, writers)));
        }
        if (!missing.isEmpty()) {
            throw new DatabaseRefusedException(
                    "This role may not make the roles of row-level security. Nothing was changed. Run migrate again after this, as a superuser: %s"
                            .formatted(sql(missing, List.of())));
        }
    }

    /** Logins that may read, write no feed's table, and see nothing once row-level security is on. */
    List<String> whoOnlyReads() {
        return blinded(true).stream()
                .filter(login -> !login.writes())
                .map(Login::name)
                .toList();
    }

    private List<Login> blinded(boolean foreseen) {
        return database.sql(BLINDED)
                .param("written", Schema20.writtenTables())
                .param("foreseen", foreseen)
                .query(Login.class)
                .list();
    }

    private String sql(List<String> missing, List<Login> logins) {
        List<String> sql = new ArrayList<>(missing);
        boolean hasWorker = database.sql(
                        "SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'tracker_worker')")
                .query(Boolean.class)
                .single();
        String creation = "CREATE ROLE tracker_worker NOLOGIN;";
        if (!hasWorker && !sql.contains(creation)) {
            sql.add(creation);
        }
        logins.forEach(login -> sql.add(login.mend()));
        return String.join(" ", sql);
    }
}

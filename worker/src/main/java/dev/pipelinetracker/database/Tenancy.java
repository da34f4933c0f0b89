package dev.pipelinetracker.database;

import java.util.List;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.jdbc.datasource.init.ScriptUtils;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Keeps organizations apart in the database itself, by choice: row-level security by the session setting
 * {@code tracker.org_id}, and the roles {@code tracker_worker}, {@code tracker_reader} and {@code tracker_operator} with
 * exactly the grants they need.
 */
final class Tenancy {

    private static final Logger log = LoggerFactory.getLogger(Tenancy.class);

    private final JdbcClient database;
    private final DataSource source;
    private final ResourceDatabasePopulator script;
    private final TransactionTemplate transaction;

    Tenancy(DataSource database) {
        this.database = JdbcClient.create(database);
        this.source = database;
        this.script = new ResourceDatabasePopulator(new ClassPathResource("db/tenancy/row-level-security.sql"));
        this.script.setSeparator(ScriptUtils.EOF_STATEMENT_SEPARATOR);
        this.transaction = new TransactionTemplate(new JdbcTransactionManager(database));
    }

    /** Whether somebody chose it. */
    boolean isChosen() {
        return database.sql("""
                        SELECT EXISTS (SELECT FROM pg_catalog.pg_policies
                                       WHERE schemaname = 'public' AND policyname = 'tracker_reader')
                        """).query(Boolean.class).single();
    }

    /**
     * Makes roles, grants and policies anew, all or none. Needs the tables' owner, who may also create roles as long as one
     * of them is missing.
     */
    void choose() {
        transaction.executeWithoutResult(status -> script.execute(source));
        List<String> blinded = whoSeesNothing();
        if (!blinded.isEmpty()) {
            log.warn(
                    "Row-level security hides every row from these roles, which could read before: {}. Make them members of tracker_reader or tracker_operator.",
                    String.join(", ", blinded));
        }
    }

    /** Roles with a grant on a secured table, but under no policy of ours, such as those of other programs. */
    List<String> whoSeesNothing() {
        return database.sql("""
                        SELECT DISTINCT r.rolname
                        FROM pg_catalog.pg_class c
                        CROSS JOIN LATERAL aclexplode(c.relacl) granted
                        JOIN pg_catalog.pg_roles r ON r.oid = granted.grantee
                        WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity
                          AND r.oid <> c.relowner AND NOT r.rolsuper AND NOT r.rolbypassrls
                          AND NOT EXISTS (
                            SELECT FROM pg_catalog.pg_policy p
                            WHERE p.polrelid = c.oid
                              AND EXISTS (SELECT FROM unnest(p.polroles) AS policys (role)
                                          WHERE policys.role = 0 OR pg_has_role(r.oid, policys.role, 'MEMBER')))
                        ORDER BY 1
                        """).query(String.class).list();
    }
}

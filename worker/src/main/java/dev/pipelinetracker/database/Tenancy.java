package dev.pipelinetracker.database;

import java.util.ArrayList;
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

    /** What {@link #choose} would do and warn of, a line each. */
    List<String> plan() {
        List<String> plan = new ArrayList<>();
        plan.add(
                "create the roles tracker_worker, tracker_reader, tracker_operator and row-level security, where they are missing");
        plan.addAll(warnings());
        return plan;
    }

    /**
     * Makes what is missing of roles, grants and policies, all or none; and warns of whom it blinds, and of what goes around it.
     * Needs the tables' owner, who may also create roles as long as one of them is missing.
     */
    void choose() {
        transaction.executeWithoutResult(status -> script.execute(source));
        warnings().forEach(warning -> log.warn("{}", warning));
    }

    private List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        List<String> blinded = new Blinding(database).whoOnlyReads();
        if (!blinded.isEmpty()) {
            warnings.add(
                    "row-level security hides every row from these logins, which may read: %s. Make them members of tracker_reader or tracker_operator."
                            .formatted(String.join(", ", blinded)));
        }
        for (String way : new WaysAround(database).all()) {
            warnings.add("row-level security does not hold in " + way);
        }
        return warnings;
    }
}

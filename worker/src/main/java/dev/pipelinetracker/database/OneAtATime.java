package dev.pipelinetracker.database;

import java.sql.Connection;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** Keeps two adoptions of one database apart, by a session's advisory lock, which dies with its holder. */
final class OneAtATime {

    // any number, but always this one
    private static final long LOCK = 4_711_020_262L;

    private OneAtATime() {}

    /** Not waited for: an index that is built concurrently would wait for the transaction of whoever waits. */
    static void run(DataSource database, Runnable action) {
        Connection connection = DataSourceUtils.getConnection(database);
        try {
            JdbcClient holder = JdbcClient.create(new SingleConnectionDataSource(connection, true));
            if (!ask(holder, "SELECT pg_try_advisory_lock(?)")) {
                throw new DatabaseRefusedException(
                        "Another migrate is at work on this database. Wait for it, and run migrate again.");
            }
            try {
                action.run();
            } finally {
                boolean unusedReleased = ask(holder, "SELECT pg_advisory_unlock(?)");
            }
        } finally {
            DataSourceUtils.releaseConnection(connection, database);
        }
    }

    private static boolean ask(JdbcClient holder, String question) {
        return holder.sql(question).param(LOCK).query(Boolean.class).single();
    }
}

package dev.pipelinetracker.replay;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessResourceFailureException;

/**
 * One operator at a time for each feed: a lock of the session's, on a connection that is kept for it, so that it dies with
 * its holder however that dies. Through a pooler that shares sessions (PgBouncer's transaction mode) it would not hold.
 */
public final class FeedLock implements AutoCloseable {

    /** The first of the two keys of all our locks, as {@code pg_locks.classid} shows it. */
    static final int SPACE = 0x7472_706c;

    private static final int ANSWER_SECONDS = 5;

    /**
     * The name is for whoever is refused: {@link #HOLDER}. Of a holder whose machine has gone without a word the server hears
     * within 25 s, not after the two hours that are usual.
     */
    private static final String ATTEMPT = """
            SELECT pg_try_advisory_lock(?, hashtext(?)), set_config('application_name', ?, false),
                   set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
                   set_config('tcp_keepalives_count', '3', false)
            """;

    /** When a session began is not for other logins to see. */
    private static final String HOLDER = """
            SELECT a.application_name,
                   coalesce(to_char(a.backend_start AT TIME ZONE 'UTC', '" since "YYYY-MM-DD"T"HH24:MI:SS"Z"'), ''), a.pid
            FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid::int8 = ?
              AND l.objid::int8 = hashtext(?)::int8 & 4294967295
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """;

    private final DataSource database;
    private final String feed;
    private @Nullable Connection holder;

    private FeedLock(DataSource database, String feed) {
        this.database = database;
        this.feed = feed;
    }

    /**
     * Takes the lock, or throws.
     *
     * @throws RefusedException if another process holds it
     * @throws DataAccessResourceFailureException if the database is away
     */
    public static FeedLock take(DataSource database, String feed) {
        FeedLock lock = new FeedLock(database, feed);
        lock.keep();
        return lock;
    }

    /** Takes the lock again if its connection was lost; throws as {@link #take} does. */
    public void keep() {
        try {
            Connection held = holder;
            if (held == null || !held.isValid(ANSWER_SECONDS)) {
                close();
                attempt();
            }
        } catch (SQLException e) {
            throw new DataAccessResourceFailureException("the database does not answer: " + e.getSQLState(), e);
        }
    }

    private void attempt() throws SQLException {
        Connection connection = database.getConnection();
        try (PreparedStatement attempt = connection.prepareStatement(ATTEMPT)) {
            attempt.setInt(1, SPACE);
            attempt.setString(2, feed);
            attempt.setString(3, Requester.name());
            try (ResultSet answer = attempt.executeQuery()) {
                answer.next();
                if (!answer.getBoolean(1)) {
                    throw new RefusedException(
                            "another replay or redrive of %s is running, %s, and only one may. Wait for its end, or stop it; `replay list` shows how far it is."
                                    .formatted(feed, holder(connection)));
                }
            }
            holder = connection;
        } finally {
            if (holder != connection) {
                connection.close();
            }
        }
    }

    private String holder(Connection connection) throws SQLException {
        try (PreparedStatement question = connection.prepareStatement(HOLDER)) {
            question.setInt(1, SPACE);
            question.setString(2, feed);
            try (ResultSet answer = question.executeQuery()) {
                return answer.next()
                        ? "by %s%s (PostgreSQL's process %d)"
                                .formatted(answer.getString(1), answer.getString(2), answer.getInt(3))
                        : "and has just ended";
            }
        }
    }

    @Override
    public void close() {
        Connection held = holder;
        holder = null;
        if (held == null) {
            return;
        }
        // pooled: closing the connection keeps the session, and so the lock
        try (held;
                PreparedStatement release = held.prepareStatement("SELECT pg_advisory_unlock(?, hashtext(?))")) {
            release.setInt(1, SPACE);
            release.setString(2, feed);
            release.execute();
        } catch (SQLException e) {
            // a lost connection has lost the lock
            return;
        }
    }
}

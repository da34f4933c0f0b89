package dev.pipelinetracker.replay;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * One operator at a time for each feed: a lock of the session's, on a connection that is kept for it, so that it dies with
 * its holder however that dies. Through a pooler that shares sessions (PgBouncer's transaction mode) it would not hold.
 */
public final class FeedLock implements AutoCloseable {

    /** The first of the two keys of all our locks, as {@code pg_locks.classid} shows it. */
    static final int SPACE = 0x7472_706c;

    private static final int ANSWER_SECONDS = 5;

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
     * @throws SQLException if the database is away
     */
    public static FeedLock take(DataSource database, String feed) throws SQLException {
        FeedLock lock = new FeedLock(database, feed);
        lock.keep();
        return lock;
    }

    /** Takes the lock again if its connection was lost; throws as {@link #take} does. */
    public void keep() throws SQLException {
        Connection held = holder;
        if (held != null && held.isValid(ANSWER_SECONDS)) {
            return;
        }
        close();
        Connection connection = database.getConnection();
        try (PreparedStatement attempt = connection.prepareStatement("SELECT pg_try_advisory_lock(?, hashtext(?))")) {
            attempt.setInt(1, SPACE);
            attempt.setString(2, feed);
            try (ResultSet answer = attempt.executeQuery()) {
                answer.next();
                if (answer.getBoolean(1)) {
                    holder = connection;
                    return;
                }
            }
        } finally {
            if (holder != connection) {
                connection.close();
            }
        }
        throw new RefusedException(
                "another replay or redrive of %s is running, and only one may. See it with `replay list`; wait for its end or stop it."
                        .formatted(feed));
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

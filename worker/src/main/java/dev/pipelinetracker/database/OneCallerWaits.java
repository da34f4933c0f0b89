package dev.pipelinetracker.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * While the pool has no connection to give, lets one caller at a time wait for one, and tells the others at once. HikariCP
 * doubles the pause between its attempts, up to 5 s, for as long as anybody waits; of many consumers somebody always
 * does, and after a long outage the first connection would come up to 5 s late. Safe for several threads.
 */
final class OneCallerWaits extends DelegatingDataSource {

    /**
     * Twice the pool's connection-timeout: when that is over the pool still sleeps through its last pause, which is as long as
     * all before it together. If nobody waits then, it starts over with 10 ms.
     */
    private static final Duration BETWEEN_TURNS = Duration.ofSeconds(2);

    private final AtomicReference<@Nullable Failure> lastFailure = new AtomicReference<>();

    /** @param nextTurn by {@link System#nanoTime} */
    private record Failure(SQLException fault, long nextTurn) {}

    OneCallerWaits(DataSource pool) {
        super(pool);
    }

    /** Throws what the pool throws; with the same SQLState, at once, if it is somebody else's turn. */
    @Override
    public Connection getConnection() throws SQLException {
        long nextTurn = System.nanoTime() + BETWEEN_TURNS.toNanos();
        Failure last = lastFailure.get();
        if (last != null && !isMyTurn(last, nextTurn)) {
            throw new SQLTransientConnectionException(
                    "no connection a moment ago", last.fault().getSQLState(), last.fault());
        }
        try {
            Connection connection = super.getConnection();
            lastFailure.set(null);
            return connection;
        } catch (SQLException e) {
            lastFailure.set(new Failure(e, nextTurn));
            throw e;
        }
    }

    private boolean isMyTurn(Failure last, long nextTurn) {
        return System.nanoTime() - last.nextTurn() >= 0
                && lastFailure.compareAndSet(last, new Failure(last.fault(), nextTurn));
    }
}

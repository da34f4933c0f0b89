package dev.pipelinetracker.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

class OneCallerWaitsTest {

    private static final int CONSUMERS = 6;

    /** Long enough for HikariCP to have come to its longest pause, if it is let. */
    private static final Duration OUTAGE = Duration.ofMillis(10_600);

    private final Database database = RealPostgres.freshDatabase();

    @Test
    void afterAnOutageTheFirstConnectionComesSoonHoweverManyWait() throws InterruptedException {
        allowConnections(false);
        AtomicBoolean connected = new AtomicBoolean();
        Set<String> states = ConcurrentHashMap.newKeySet();
        ExecutorService consumers = Executors.newFixedThreadPool(CONSUMERS);
        try (HikariDataSource pool = pool()) {
            DataSource source = new OneCallerWaits(pool);
            for (int i = 0; i < CONSUMERS; i++) {
                consumers.execute(() -> askUntilConnected(source, connected, states));
            }
            await().pollDelay(OUTAGE).atMost(OUTAGE.multipliedBy(2)).until(() -> !connected.get());

            allowConnections(true);

            await().atMost(Duration.ofSeconds(3)).untilTrue(connected);
            assertThat(states).as("told to those whose turn it was not, too").containsExactly("55000");
        } finally {
            connected.set(true);
            consumers.shutdown();
        }
    }

    private static void askUntilConnected(DataSource source, AtomicBoolean connected, Set<String> states) {
        while (!connected.get()) {
            try (Connection connection = source.getConnection()) {
                connected.set(connection.isValid(1));
            } catch (SQLException e) {
                states.add(String.valueOf(e.getSQLState()));
                LockSupport.parkNanos(Duration.ofMillis(300).toNanos());
            }
        }
    }

    private HikariDataSource pool() {
        HikariConfig config = new HikariConfig();
        config.setDataSource(database.dataSource());
        config.setMinimumIdle(0);
        config.setMaximumPoolSize(CONSUMERS);
        config.setConnectionTimeout(1_000);
        config.setInitializationFailTimeout(-1);
        return new HikariDataSource(config);
    }

    /** PostgreSQL then answers 55000 to whoever connects. */
    private void allowConnections(boolean allowed) {
        RealPostgres.server()
                .sql("ALTER DATABASE %s ALLOW_CONNECTIONS %b".formatted(database.name(), allowed))
                .update();
    }
}

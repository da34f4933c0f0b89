package dev.pipelinetracker.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

class FeedLockTest {

    private static final String FEED = "pipeline-runs";

    private final Database database = RealPostgres.freshDatabase();

    @Test
    void theServerSoonHearsOfAHolderWhoseMachineIsGone() {
        SingleConnectionDataSource session =
                new SingleConnectionDataSource(database.jdbcUrl(), database.user(), database.password(), true);
        try (FeedLock lock = FeedLock.take(session, FEED)) {
            lock.keep();
            assertThat(JdbcClient.create(session)
                            .sql(
                                    "SELECT current_setting('tcp_keepalives_idle')::int + current_setting('tcp_keepalives_interval')::int * current_setting('tcp_keepalives_count')::int")
                            .query(Integer.class)
                            .single())
                    .as("seconds until it frees the lock")
                    .isEqualTo(25);
        } finally {
            session.destroy();
        }
    }

    @Test
    void anotherLoginIsToldWhoHoldsItAndNothingThatItMayNotSee() {
        String login = "other_of_" + database.name();
        database.sql()
                .sql("CREATE ROLE %1$s LOGIN PASSWORD '%1$s'".formatted(login))
                .update();
        try (FeedLock lock = FeedLock.take(database.dataSource(), FEED)) {
            lock.keep();
            assertThatThrownBy(() -> FeedLock.take(database.dataSource(login, login), FEED))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("is running, by " + Requester.name() + " (PostgreSQL's process ");
        } finally {
            database.sql().sql("DROP ROLE " + login).update();
        }
    }
}

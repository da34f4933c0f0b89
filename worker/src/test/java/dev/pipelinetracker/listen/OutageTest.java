package dev.pipelinetracker.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A database that is away is waited for, at the start and later: nothing is rejected, and all is stored after. */
class OutageTest {

    private static final Duration SOON = Duration.ofSeconds(40);

    /** Who might tell of an outage. */
    private static final Pattern TELLING =
            Pattern.compile("pipelinetracker|hikari|kafka\\.clients|org\\.springframework");

    private final Database database = RealPostgres.freshDatabase();
    private final UUID organization = database.organization("Outage");

    @Test
    void aDatabaseThatIsAwayIsWaitedForAndNothingIsRejected() {
        String prefix = RunningWorker.createTopics(2);
        publish(prefix, 0);
        allowConnections(false);
        try (RunningWorker worker = RunningWorker.start(prefix, database)) {
            assertThat(worker.get("/actuator/health/dependencies").statusCode()).isEqualTo(503);
            assertThat(worker.get("/actuator/health/liveness").statusCode()).isEqualTo(200);

            allowConnections(true);
            await().atMost(SOON).until(() -> rows() == 1);
            await().atMost(SOON)
                    .until(() -> worker.get("/actuator/health/dependencies").statusCode() == 200);

            allowConnections(false);
            publish(prefix, 1);
            await().atMost(SOON).until(() -> worker.gauge("tracker.paused", "feed", "pipeline-runs") == 1);
            await().atMost(SOON).until(() -> worker.count("tracker.retries", "feed", "pipeline-runs") > 2);
            await().atMost(SOON).until(() -> worker.gauge("tracker.lag", "feed", "pipeline-runs") > 1);
            assertThat(worker.gauge("tracker.lag.records", "feed", "pipeline-runs"))
                    .isEqualTo(1);
            assertThat(worker.get("/actuator/health/dependencies").body()).contains("waits: database_away");
            assertThat(worker.get("/actuator/health/liveness").statusCode()).isEqualTo(200);

            allowConnections(true);
            await().atMost(SOON).until(() -> rows() == 2);
            await().atMost(SOON).until(() -> worker.gauge("tracker.paused", "feed", "pipeline-runs") == 0);
            await().atMost(SOON).until(() -> worker.gauge("tracker.lag", "feed", "pipeline-runs") == 0);
            assertThat(worker.count("tracker.rejections")).isZero();
        }
        assertThat(RealBroker.readAll(prefix + "pipeline-runs.dlt")).isEmpty();
    }

    @Test
    void aWaitOfManyAttemptsOfSeveralConsumersIsOneWarningPerFeed() {
        String prefix = RunningWorker.createTopics(2);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
        try (RunningWorker worker =
                RunningWorker.start(prefix, database, "tracker.feeds.pipeline-runs.concurrency=2")) {
            await().atMost(SOON)
                    .until(() -> worker.get("/actuator/health/dependencies").statusCode() == 200);
            lines.start();
            root.addAppender(lines);
            allowConnections(false);
            publish(prefix + "pipeline-runs", 0, PipelineRun.class, Events.run(organization, 0));
            publish(prefix + "pipeline-runs", 1, PipelineRun.class, Events.run(organization, 1));
            publish(prefix + "insights", 0, SourceInsight.class, Events.insight(organization, 0));
            await().atMost(SOON).until(() -> worker.count("tracker.retries", "feed", "pipeline-runs") > 12);
            await().atMost(SOON).until(() -> worker.count("tracker.retries", "feed", "insights") > 6);
            allowConnections(true);
            await().atMost(SOON).until(() -> rows() == 2 && worker.gauge("tracker.paused", "feed", "insights") == 0);
        } finally {
            root.detachAppender(lines);
        }
        assertThat(lines.list)
                .filteredOn(line -> TELLING.matcher(line.getLoggerName()).find())
                // schemas that are read for the first time, too, are told
                .filteredOn(line -> line.getLevel().isGreaterOrEqual(Level.WARN)
                        || line.getFormattedMessage().contains("goes on"))
                .extracting(line -> line.getLevel() + " " + line.getFormattedMessage())
                .satisfiesExactlyInAnyOrder(
                        line -> assertThat(line).startsWith("WARN pipeline-runs: waiting, database_away"),
                        line -> assertThat(line).startsWith("WARN insights: waiting, database_away"),
                        line -> assertThat(line).startsWith("INFO pipeline-runs: goes on after"),
                        line -> assertThat(line).startsWith("INFO insights: goes on after"));
    }

    private <T extends SpecificRecord> void publish(String topic, int partition, Class<T> type, T event) {
        RealBroker.sendAll(
                List.of(new ProducerRecord<>(topic, partition, Events.key(organization), Events.bytes(type, event))));
    }

    private void publish(String prefix, int number) {
        RealBroker.send(
                prefix + "pipeline-runs",
                Events.key(organization),
                Events.bytes(PipelineRun.class, Events.run(organization, number)));
    }

    /** PostgreSQL then answers 55000 to whoever connects, and those who are connected are gone. */
    private void allowConnections(boolean allowed) {
        JdbcClient server = RealPostgres.server();
        server.sql("ALTER DATABASE %s ALLOW_CONNECTIONS %b".formatted(database.name(), allowed))
                .update();
        if (!allowed) {
            server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ?")
                    .param(database.name())
                    .query(Boolean.class)
                    .list();
        }
    }

    private long rows() {
        return database.sql()
                .sql("SELECT count(*) FROM analytics_pipeline_history")
                .query(Long.class)
                .single();
    }
}

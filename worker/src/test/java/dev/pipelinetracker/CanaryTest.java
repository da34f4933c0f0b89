package dev.pipelinetracker;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import java.time.Duration;
import java.util.Arrays;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/**
 * One text in every field that may hold one, through every way to be rejected and to fail: neither it, nor a secret, is in
 * anything that the worker writes but the row and the dead letter's own key and value.
 */
@ExtendWith(OutputCaptureExtension.class)
class CanaryTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String CANARY = "tweety7f3a";
    private static final String SECRET = "sylvester9c1b";

    private final Database database = RealPostgres.freshDatabase();
    private final UUID organization = database.organization("Canary");

    @Test
    void noPayloadAndNoSecretIsWrittenAnywhere(CapturedOutput output) {
        String login = "canary_" + UUID.randomUUID().toString().replace('-', '_');
        database.sql()
                .sql("CREATE ROLE %s SUPERUSER LOGIN PASSWORD '%s'".formatted(login, SECRET))
                .update();
        Database asLogin = new Database(database.name(), database.jdbcUrl(), login, SECRET);
        try (RunningWorker worker = RunningWorker.start(
                RunningWorker.createTopics(1),
                asLogin,
                "tracker.registry.username=somebody",
                "tracker.registry.password=" + SECRET,
                "spring.datasource.hikari.maximum-pool-size=4",
                "logging.level.root=info",
                "management.endpoint.health.show-details=always")) {
            int rejected = rejectEveryWay(worker.topic("pipeline-runs"), worker.topic("visualizations"));
            await().atMost(SOON).until(() -> worker.count("tracker.rejections") >= rejected);
            failEveryWay(worker);

            for (String path : new String[] {
                "/actuator",
                "/actuator/health",
                "/actuator/health/dependencies",
                "/actuator/info",
                "/actuator/prometheus"
            }) {
                assertThat(worker.get(path).body())
                        .as(path)
                        .doesNotContain(CANARY)
                        .doesNotContain(SECRET);
            }
            for (String feed : new String[] {"pipeline-runs", "visualizations"}) {
                for (ConsumerRecord<byte[], byte[]> letter : RealBroker.readAll(worker.topic(feed) + ".dlt")) {
                    for (Header header : letter.headers()) {
                        assertThat(new String(header.value(), UTF_8))
                                .as(header.key())
                                .doesNotContain(CANARY)
                                .doesNotContain(SECRET);
                    }
                }
            }
        }
        database.sql().sql("DROP ROLE " + login).update();

        assertThat(writtenByTheWorker(output))
                .contains("until somebody mends the database", "Listening")
                .doesNotContain(CANARY)
                .doesNotContain(SECRET);
    }

    /** The embedded server logs what it likes into the same output. */
    private static String writtenByTheWorker(CapturedOutput output) {
        return output.getAll()
                .lines()
                .filter(line -> !line.contains("EmbeddedPostgres"))
                .collect(Collectors.joining("\n"));
    }

    /** Returns how many records were sent; each is rejected. */
    private int rejectEveryWay(String runs, String charts) {
        byte[] key = Events.key(organization);
        byte[] good = bytes(run(1));
        database.sql()
                .sql("ALTER TABLE analytics_pipeline_history ADD CONSTRAINT few CHECK (records_processed <> 13)")
                .update();
        PipelineRun tooLong = run(2);
        tooLong.setSourceId(CANARY.repeat(6));
        PipelineRun nul = run(3);
        nul.setErrorMessage(CANARY + "\u0000");
        PipelineRun refused = run(13);
        PipelineRun stranger = run(5);
        stranger.setOrgId(UUID.randomUUID());
        Visualization noJson = Events.chart(organization, 6);
        noJson.setChartConfig("{\"" + CANARY + "\": " + CANARY + "}");
        Visualization twice = Events.chart(organization, 7);
        twice.setChartConfig("{\"" + CANARY + "\": 1, \"" + CANARY + "\": 2}");

        RealBroker.send(runs, key, CANARY.getBytes(UTF_8));
        RealBroker.send(runs, key, Arrays.copyOf(good, good.length - 3));
        RealBroker.send(runs, key, ("\u0000\u0000\u0000\u0000\u0001" + CANARY.repeat(20)).getBytes(ISO_8859_1));
        RealBroker.send(runs, CANARY.getBytes(UTF_8), good);
        RealBroker.send(runs, Events.key(UUID.randomUUID()), good);
        RealBroker.send(runs, key, bytes(tooLong));
        RealBroker.send(runs, key, bytes(nul));
        RealBroker.send(runs, key, bytes(refused));
        RealBroker.send(runs, Events.key(stranger.getOrgId()), bytes(stranger));
        RealBroker.send(charts, key, Events.bytes(Visualization.class, noJson));
        RealBroker.send(charts, key, Events.bytes(Visualization.class, twice));
        return 11;
    }

    /** What stops a batch, with the text in the row, and in PostgreSQL's own message. */
    private void failEveryWay(RunningWorker worker) {
        String[][] faults = {
            {
                "CREATE UNIQUE INDEX once ON analytics_pipeline_history (error_message)", "DROP INDEX once",
            },
            {
                """
                CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'no: %', NEW.error_message USING DETAIL = NEW.error_message, HINT = NEW.error_message; END; $$;
                CREATE TRIGGER tell BEFORE INSERT ON analytics_pipeline_history FOR EACH ROW EXECUTE FUNCTION tell()
                """, "DROP FUNCTION tell() CASCADE",
            },
            {
                "ALTER TABLE analytics_pipeline_history RENAME COLUMN error_message TO other",
                "ALTER TABLE analytics_pipeline_history RENAME COLUMN other TO error_message",
            },
        };
        int number = 100;
        RealBroker.send(worker.topic("pipeline-runs"), Events.key(organization), bytes(run(number++)));
        awaitRows(1);
        for (String[] fault : faults) {
            double before = stopped(worker);
            database.sql().sql(fault[0]).update();
            RealBroker.send(worker.topic("pipeline-runs"), Events.key(organization), bytes(run(number++)));
            await().atMost(SOON).until(() -> stopped(worker) > before);
            database.sql().sql(fault[1]).update();
            awaitRows(number - 100);
        }
        SourceInsight insight = Events.insight(organization, 1);
        insight.setDataSummary(CANARY);
        RealBroker.send(worker.topic("insights"), Events.key(organization), Events.bytes(SourceInsight.class, insight));
        await().atMost(SOON)
                .until(() -> worker.count("tracker.events", "feed", "insights", "outcome", "inserted") == 1);
    }

    private static double stopped(RunningWorker worker) {
        return worker.count("tracker.retries", "feed", "pipeline-runs", "cause", "database_stopped");
    }

    private void awaitRows(int rows) {
        await().atMost(SOON)
                .until(() -> database.sql()
                                .sql("SELECT count(*) FROM analytics_pipeline_history WHERE error_message IS NOT NULL")
                                .query(Integer.class)
                                .single()
                        == rows);
    }

    private PipelineRun run(int number) {
        PipelineRun run = Events.run(organization, number);
        run.setSourceName(CANARY);
        run.setErrorMessage(CANARY);
        return run;
    }

    private static byte[] bytes(PipelineRun run) {
        return Events.bytes(PipelineRun.class, run);
    }
}

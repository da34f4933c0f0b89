package dev.pipelinetracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import java.io.File;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;

/** What Prometheus and probes see of a worker: at its start, and after events. */
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
class MetricsTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Path SAMPLE = Path.of("src/test/resources/exposition.txt");

    private final Database database = RealPostgres.freshDatabase();
    private RunningWorker worker;

    @BeforeAll
    void start() {
        worker = RunningWorker.start(RunningWorker.createTopics(2), database);
        await().atMost(SOON).until(() -> worker.get("/actuator/health").statusCode() == 200);
    }

    @AfterAll
    void stop() {
        worker.close();
    }

    @Test
    @Order(1)
    void atTheStartAllSeriesAreThereAtZeroAsInTheSample() throws IOException {
        String found = trackerSeries(worker.get("/actuator/prometheus").body());
        Path actual = Files.writeString(Path.of("target/exposition.txt"), found);

        assertThat(found)
                .as("if the change is meant, copy %s to %s, which the README links to", actual, SAMPLE)
                .isEqualTo(Files.readString(SAMPLE));
    }

    @Test
    @Order(2)
    void promtoolFindsNothingToSay() throws Exception {
        Path promtool = Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .map(folder -> Path.of(folder, "promtool"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
        Assumptions.assumeTrue(promtool != null, "promtool is not installed");
        Path scraped = Files.writeString(
                Path.of("target/scraped.txt"),
                worker.get("/actuator/prometheus").body());
        Path said = Path.of("target/promtool.txt");

        Process check = new ProcessBuilder(String.valueOf(promtool), "check", "metrics")
                .redirectInput(scraped.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();

        assertThat(check.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(said)).isEmpty();
        assertThat(check.exitValue()).isZero();
    }

    @Test
    @Order(3)
    void nothingButHealthInfoAndPrometheusIsServed() {
        assertThat(status("/actuator/health/liveness")).isEqualTo(200);
        assertThat(status("/actuator/health/readiness")).isEqualTo(200);
        assertThat(status("/actuator/health/dependencies")).isEqualTo(200);
        assertThat(status("/actuator/info")).isEqualTo(200);
        for (String other : List.of("env", "beans", "configprops", "metrics", "heapdump", "shutdown", "loggers")) {
            assertThat(status("/actuator/" + other)).as(other).isEqualTo(404);
        }
    }

    @Test
    @Order(4)
    void eventsMoveTheMetersAndASecondDeliveryMovesNoRunsMeter() {
        UUID organization = database.organization("Metrics");
        byte[] running = Events.bytes(PipelineRun.class, running(organization));
        byte[] completed = Events.bytes(PipelineRun.class, Events.run(organization, 1));
        String topic = worker.topic("pipeline-runs");
        RealBroker.send(topic, Events.key(organization), running);
        await().atMost(SOON).until(() -> worker.gauge("tracker.open.runs") == 1);
        RealBroker.send(topic, Events.key(organization), completed);
        await().atMost(SOON).until(() -> outcomes("updated") == 1);
        RealBroker.send(topic, Events.key(organization), completed);
        await().atMost(SOON).until(() -> outcomes("unchanged") == 1);

        assertThat(outcomes("inserted")).isEqualTo(1);
        assertThat(worker.count("tracker.runs", "status", "running", "run_type", "none"))
                .isEqualTo(1);
        assertThat(worker.count("tracker.runs", "status", "completed", "run_type", "etl+rag"))
                .isEqualTo(1);
        assertThat(worker.count("tracker.runs")).isEqualTo(2);
        assertThat(worker.gauge("tracker.last.commit.timestamp", "feed", "pipeline-runs"))
                .isCloseTo(System.currentTimeMillis() / 1000.0, org.assertj.core.data.Offset.offset(60.0));
        await().atMost(SOON).until(() -> worker.gauge("tracker.open.runs") == 0);
        await().atMost(SOON).until(() -> worker.gauge("tracker.lag.records", "feed", "pipeline-runs") == 0);
        await().atMost(SOON)
                .until(() -> worker.gauge("tracker.sequence.used.ratio", "table", "analytics_pipeline_history") > 0);
    }

    private double outcomes(String outcome) {
        return worker.count("tracker.events", "feed", "pipeline-runs", "outcome", outcome);
    }

    private int status(String path) {
        HttpResponse<String> answer = worker.get(path);
        return answer.statusCode();
    }

    private static PipelineRun running(UUID organization) {
        PipelineRun run = Events.run(organization, 1);
        run.setStatus(dev.pipelinetracker.events.RunStatus.running);
        run.setRunType(null);
        run.setTimestamp(Events.MOMENT.minusSeconds(60));
        return run;
    }

    private static String trackerSeries(String exposition) {
        return Arrays.stream(exposition.split("\n", -1))
                        .filter(line -> line.matches("(# (HELP|TYPE) )?tracker_.*"))
                        .collect(Collectors.joining("\n"))
                + "\n";
    }
}

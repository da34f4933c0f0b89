package dev.pipelinetracker.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every panel of the dashboard on a real Prometheus that scrapes a worker under load; skipped, loudly, where there is none. */
class DashboardTest {

    private static final Path DASHBOARD = Path.of("..", "deploy", "grafana", "dashboards", "pipeline-tracker.json");

    private int round;

    @Test
    void everyPanelAndEveryRecordedRuleShowsSomethingOfAWorkerUnderLoad(@TempDir Path folder) throws Exception {
        Optional<Path> program = PrometheusServer.program();
        if (program.isEmpty()) {
            System.err.println("SKIPPED DashboardTest: prometheus is not installed (apt-get install prometheus)");
        }
        Assumptions.assumeTrue(program.isPresent(), "prometheus is not installed");
        Database database = RealPostgres.freshDatabase();
        UUID organization = database.organization("Dashboard");
        try (RunningWorker worker = RunningWorker.start(RunningWorker.createTopics(2), database);
                PrometheusServer prometheus =
                        PrometheusServer.start(program.orElseThrow(), folder, worker.managementPort());
                Connection operator = database.dataSource().getConnection()) {
            aReplayRuns(operator);
            Map<String, String> queries = queries();
            assertThat(queries).hasSizeGreaterThan(20);

            await().atMost(Duration.ofSeconds(90))
                    .pollInterval(Duration.ofMillis(500))
                    .untilAsserted(() -> {
                        load(worker, organization);
                        List<String> empty = new ArrayList<>();
                        queries.forEach((panel, query) -> {
                            if (!shows(prometheus, query)) {
                                empty.add(panel + ": " + query);
                            }
                        });
                        assertThat(empty).isEmpty();
                    });
        }
    }

    /** As the operator's command would have it: a row, and the feed's lock for as long as the connection lives. */
    private static void aReplayRuns(Connection operator) throws SQLException {
        try (Statement sql = operator.createStatement()) {
            sql.execute(
                    "INSERT INTO tracker.replays (feed, topic, topic_id, requested_by) VALUES ('pipeline-runs', 't', 'id', 'test')");
            sql.execute("SELECT pg_advisory_lock(x'7472706c'::int, hashtext('pipeline-runs'))");
        }
    }

    /** By panel: what Grafana would ask, its variables on All; and what rules.yaml records. */
    private static Map<String, String> queries() throws IOException {
        Map<String, String> queries = new LinkedHashMap<>();
        JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
        for (JsonNode panel : dashboard.path("panels")) {
            for (JsonNode target : panel.path("targets")) {
                queries.put(
                        panel.path("title").asText() + " "
                                + target.path("refId").asText(),
                        ask(target.path("expr").asText()));
            }
        }
        for (JsonNode annotation : dashboard.path("annotations").path("list")) {
            queries.put(
                    annotation.path("name").asText(),
                    ask(annotation.path("expr").asText()));
        }
        queries.put("rules", "count({__name__=~'feed.*:tracker_.*'})");
        return queries;
    }

    private static String ask(String expression) {
        String asked = expression
                .replace("$namespace", ".*")
                .replace("$job", ".*")
                .replace("$feed", ".*")
                .replace("$instance", ".*")
                .replace("$__rate_interval", "10s")
                .replace("$__range", "1m");
        assertThat(asked).as("a variable this test does not know").doesNotContain("$");
        return asked;
    }

    private static boolean shows(PrometheusServer prometheus, String query) {
        return prometheus
                .query(query)
                .map(answer -> {
                    assertThat(answer.path("status").asText())
                            .as(answer.toString())
                            .isEqualTo("success");
                    return StreamSupport.stream(
                                    answer.path("data").path("result").spliterator(), false)
                            .anyMatch(series ->
                                    !series.path("value").path(1).asText().equals("NaN"));
                })
                .orElse(false);
    }

    /** New runs, their ends, insights, charts, and one record that is none. */
    private void load(RunningWorker worker, UUID organization) {
        round++;
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        byte[] key = Events.key(organization);
        for (int i = 0; i < 10; i++) {
            int number = round * 10 + i;
            PipelineRun running = Events.run(organization, number);
            running.setStatus(RunStatus.running);
            running.setTimestamp(Events.MOMENT.minusSeconds(60));
            String runs = worker.topic("pipeline-runs");
            records.add(new ProducerRecord<>(runs, key, Events.bytes(PipelineRun.class, running)));
            records.add(
                    new ProducerRecord<>(runs, key, Events.bytes(PipelineRun.class, Events.run(organization, number))));
        }
        records.add(new ProducerRecord<>(
                worker.topic("insights"), key, Events.bytes(SourceInsight.class, Events.insight(organization, round))));
        records.add(new ProducerRecord<>(
                worker.topic("visualizations"),
                key,
                Events.bytes(Visualization.class, Events.chart(organization, round))));
        records.add(new ProducerRecord<>(worker.topic("insights"), key, new byte[] {1}));
        RealBroker.sendAll(records);
    }
}

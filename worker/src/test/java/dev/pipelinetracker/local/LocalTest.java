package dev.pipelinetracker.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the local mode as a newcomer does, in a JVM of its own, but on free ports and in a folder of its own. */
class LocalTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    private Path folder;

    private LocalSettings settings;
    private Path console;
    private final List<Process> started = new ArrayList<>();

    @BeforeEach
    void choosePorts() throws IOException {
        settings = new LocalSettings(
                folder, Loopback.freePort(), Loopback.freePort(), Loopback.freePort(), Loopback.freePort(), 30);
        console = folder.resolve("console.txt");
    }

    @AfterEach
    void leaveNothingBehind() throws Exception {
        for (Process local : started) {
            if (local.isAlive()) {
                local.destroyForcibly().waitFor();
                LocalPostgres.stopOrphan(folder.resolve("postgres"));
            }
        }
    }

    @Test
    void rowsAndMetersMoveDeadLettersShowAndAllStopsAndStaysStored() throws Exception {
        Process local = start();
        await().atMost(PATIENCE)
                .until(() -> said(local, "Ready in") && said(local, "dead letter etl.") && said(local, "lag "));
        await().atMost(PATIENCE)
                .until(() -> rows("analytics_pipeline_history") > 0
                        && rows("analytics_source_insights") > 0
                        && rows("analytics_visualizations") > 0);
        assertThat(metrics())
                .containsPattern("tracker_events_total\\{feed=\"pipeline-runs\",outcome=\"inserted\",?\\} [1-9]")
                .containsPattern("tracker_rejections_total\\{feed=\"insights\",reason=\"unknown_org\",?\\} 1");
        assertThat(consoleText()).doesNotContain("\tat ").doesNotContain("WARN").doesNotContain("ERROR");
        long stored = rows("analytics_pipeline_history");
        stop(local);

        Process again = start();
        await().atMost(PATIENCE).until(() -> said(again, "Ready in"));
        assertThat(rows("analytics_pipeline_history")).isGreaterThanOrEqualTo(stored);
        assertThat(rows("organizations")).isEqualTo(3);
        stop(again);
    }

    @Test
    void saysWhichPortIsTakenAndHowToChangeIt() throws Exception {
        try (ServerSocket other = new ServerSocket()) {
            other.bind(Loopback.address(settings.registryPort()));
            Process local = start();
            assertThat(local.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(local.exitValue()).isEqualTo(1);
        }
        assertThat(consoleText())
                .contains("Port " + settings.registryPort(), "LOCAL_REGISTRY_PORT")
                .hasLineCount(1);
    }

    private Process start() throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        ProcessBuilder builder = new ProcessBuilder(
                java, "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), Local.class.getName());
        settings.ports().forEach((name, port) -> builder.environment().put(name, port.toString()));
        builder.environment().put("LOCAL_FOLDER", folder.toString());
        Process local = builder.redirectErrorStream(true)
                .redirectOutput(console.toFile())
                .start();
        started.add(local);
        return local;
    }

    /** As Ctrl-C does. */
    private void stop(Process local) throws Exception {
        List<ProcessHandle> children = local.descendants().toList();
        local.destroy();
        assertThat(local.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(children).noneMatch(ProcessHandle::isAlive);
        assertThat(settings.ports().values()).noneMatch(Loopback::taken);
        assertThat(folder.resolve("postgres").resolve("data").resolve("postmaster.pid"))
                .doesNotExist();
    }

    private boolean said(Process local, String words) throws IOException {
        assertThat(local.isAlive()).as(consoleText()).isTrue();
        return consoleText().contains(words);
    }

    private String consoleText() throws IOException {
        return Files.readString(console);
    }

    private long rows(String table) throws SQLException {
        String url = "jdbc:postgresql://127.0.0.1:" + settings.postgresPort() + "/" + LocalPostgres.DATABASE;
        try (Connection connection = DriverManager.getConnection(url, LocalPostgres.USER, LocalPostgres.PASSWORD);
                Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery("SELECT count(*) FROM " + table)) {
            count.next();
            return count.getLong(1);
        }
    }

    private String metrics() throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + settings.managementPort() + "/actuator/prometheus");
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .body();
    }
}

package dev.pipelinetracker.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** A real Prometheus that scrapes one worker every second and evaluates the rules in {@code deploy/prometheus}. */
final class PrometheusServer implements AutoCloseable {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final Process process;
    private final int port;

    private PrometheusServer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Where it is installed; empty where it is not. */
    static Optional<Path> program() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .map(folder -> Path.of(folder, "prometheus"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Starts it; its files go into that folder, its log too. */
    static PrometheusServer start(Path program, Path folder, int workerPort) throws IOException {
        Path rules = Path.of("..", "deploy", "prometheus").toRealPath();
        Path configuration =
                Files.writeString(folder.resolve("prometheus.yaml"), """
                global: {scrape_interval: 1s, evaluation_interval: 1s}
                rule_files: ['%s/rules.yaml', '%s/alerts.yaml']
                scrape_configs:
                  - job_name: pipeline-tracker
                    metrics_path: /actuator/prometheus
                    static_configs: [{targets: ['127.0.0.1:%d']}]
                """.formatted(rules, rules, workerPort));
        int port = freePort();
        Process process = new ProcessBuilder(
                        program.toString(),
                        "--config.file=" + configuration,
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("prometheus.log").toFile())
                .start();
        return new PrometheusServer(process, port);
    }

    /** What an instant query answers: Prometheus' own JSON, errors included; nothing while it is not up yet. */
    Optional<JsonNode> query(String expression) {
        try {
            URI address = URI.create("http://127.0.0.1:%d/api/v1/query?query=%s"
                    .formatted(port, URLEncoder.encode(expression, StandardCharsets.UTF_8)));
            String answer = HTTP.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString())
                    .body();
            return answer.startsWith("{") ? Optional.of(new ObjectMapper().readTree(answer)) : Optional.empty();
        } catch (java.net.ConnectException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}

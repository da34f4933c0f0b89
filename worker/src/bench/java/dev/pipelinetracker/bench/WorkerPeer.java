package dev.pipelinetracker.bench;

import dev.pipelinetracker.faults.ChildJvm;
import dev.pipelinetracker.faults.Ports;
import dev.pipelinetracker.support.RealRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The worker as operators run it: the jar, {@code serve}, a heap of 300 MB. */
final class WorkerPeer implements Peer {

    /** What the build packages. */
    static final Path JAR = Path.of("target", "pipeline-tracker.jar").toAbsolutePath();

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final String feed;
    private final String topic;
    private final String settings;
    private final int managementPort = Ports.free();
    private final Process process;

    /** Starts it and returns at once. */
    WorkerPeer(Stage stage, String feed, String topic, List<String> jvm, List<String> more) {
        this(stage, Path.of(System.getProperty("java.home")), List.of("-jar", JAR.toString()), feed, topic, jvm, more);
    }

    /** With that JDK, and started from there. */
    WorkerPeer(
            Stage stage, Path jdk, List<String> main, String feed, String topic, List<String> jvm, List<String> more) {
        this.feed = feed;
        this.topic = topic;
        this.settings = String.join(" ", jvm) + " " + String.join(" ", more);
        List<String> command = new ArrayList<>();
        command.add(jdk.resolve("bin").resolve("java").toString());
        command.addAll(jvm);
        command.addAll(main);
        command.add("serve");
        command.add("--spring.kafka.bootstrap-servers=" + stage.bootstrapServers());
        command.add("--spring.datasource.url=" + stage.jdbcUrl());
        command.add("--spring.datasource.username=postgres");
        command.add("--tracker.registry.url=" + RealRegistry.url());
        command.add("--tracker.feeds." + feed + ".topic=" + topic);
        command.add("--management.server.port=" + managementPort);
        command.add("--management.server.address=127.0.0.1");
        command.addAll(more);
        this.process = ChildJvm.start("worker-" + topic, command, Map.of());
    }

    @Override
    public String name() {
        return "worker";
    }

    @Override
    public String settings() {
        return settings.strip();
    }

    @Override
    public String topic() {
        return topic;
    }

    @Override
    public String group() {
        return "pipeline-tracker." + feed;
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public Batches batches() {
        return new Batches(metric("tracker_batch_records_sum"), metric("tracker_batch_records_count"));
    }

    /** A sample of this feed, or of none. */
    double metric(String name) {
        try {
            return HTTP.send(
                            HttpRequest.newBuilder(
                                            URI.create("http://127.0.0.1:" + managementPort + "/actuator/prometheus"))
                                    .build(),
                            BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                    .filter(line -> !line.contains("feed=") || line.contains("feed=\"" + feed + "\""))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().join();
    }
}

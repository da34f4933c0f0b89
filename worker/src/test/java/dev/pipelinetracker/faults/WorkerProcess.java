package dev.pipelinetracker.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.Main;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The worker as operators run it, in a JVM of its own, which can be killed, told to stop, or frozen. */
final class WorkerProcess {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** What a JVM ends with that has run its shutdown hooks after SIGTERM. */
    private static final int STOPPED = 143;

    private static final AtomicInteger STARTED = new AtomicInteger();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    private final String name;
    private final int managementPort;
    private final Process process;

    private WorkerProcess(String name, int managementPort, Process process) {
        this.name = name;
        this.managementPort = managementPort;
        this.process = process;
    }

    /** Starts it, and returns at once: {@link #awaitListening} waits. */
    static WorkerProcess start(String prefix, Map<String, String> properties) {
        String name = "worker-" + prefix + STARTED.incrementAndGet();
        int port = Ports.free();
        // as one variable of the environment, which does not depend on how the command line is read
        StringBuilder json = new StringBuilder("{\"management.server.address\":\"127.0.0.1\"");
        properties.forEach((property, value) -> json.append(",\"")
                .append(property)
                .append("\":\"")
                .append(value)
                .append('"'));
        json.append(",\"management.server.port\":").append(port).append('}');
        try {
            Files.deleteIfExists(ChildJvm.log(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> options = new ArrayList<>(ClassArchive.options());
        options.add("-XX:+ExitOnOutOfMemoryError");
        // hostile on purpose: half an hour off, with summer time
        options.add("-Duser.timezone=America/St_Johns");
        Process process = ChildJvm.start(
                name,
                ClassArchive.classPath(),
                options,
                Main.class.getName(),
                List.of("serve"),
                Map.of("SPRING_APPLICATION_JSON", json.toString()));
        return new WorkerProcess(name, port, process);
    }

    /** Waits until it consumes. */
    WorkerProcess awaitListening() {
        await("the worker, see " + ChildJvm.log(name))
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    if (!process.isAlive()) {
                        throw new IllegalStateException("The worker died, see " + ChildJvm.log(name));
                    }
                    return log().contains("Listening");
                });
        return this;
    }

    /** All that it has said. */
    String log() {
        try {
            return Files.readString(ChildJvm.log(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL; returns when it is gone. */
    void kill() {
        Signal.KILL.to(process.pid());
        exitCode(Duration.ofSeconds(10));
    }

    /** SIGTERM, or any other. */
    void signal(Signal signal) {
        signal.to(process.pid());
    }

    /** SIGTERM; how long it took to end. Throws AssertionError if that is longer than the limit, or not a stop in good order. */
    Duration stop(Duration limit) {
        long told = System.nanoTime();
        signal(Signal.TERM);
        assertThat(exitCode(limit)).isEqualTo(STOPPED);
        return Duration.ofNanos(System.nanoTime() - told);
    }

    /** Waits for its end. Throws AssertionError if it is not over by then. */
    int exitCode(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("still running after " + limit + ", see " + ChildJvm.log(name));
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    /** HTTP status of a path on the management port; empty if it does not answer. */
    OptionalInt status(String path) {
        try {
            return OptionalInt.of(get(path).statusCode());
        } catch (IOException e) {
            return OptionalInt.empty();
        }
    }

    /** Sum of the samples of that metric that have all these labels, each as {@code name="value"}. */
    double metric(String metric, String... labels) {
        HttpResponse<String> answer;
        try {
            answer = get("/actuator/prometheus");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return answer.body()
                .lines()
                .filter(line -> line.startsWith(metric + "{") || line.startsWith(metric + " "))
                .filter(line -> List.of(labels).stream().allMatch(line::contains))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** How often batches were put back for that cause. */
    double retries(String cause) {
        return metric("tracker_retries_total", "cause=\"" + cause + "\"");
    }

    /** Whether any feed waits. */
    boolean isPaused() {
        return metric("tracker_paused") > 0;
    }

    /** Bytes of heap in use that no garbage collection can free. */
    double liveHeap() {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Process collection = ChildJvm.start(
                name + "-gc", List.of(jcmd.toString(), Long.toString(process.pid()), "GC.run"), Map.of());
        assertThat(collection.onExit().orTimeout(30, TimeUnit.SECONDS).join().exitValue())
                .as("jcmd GC.run")
                .isZero();
        return metric("jvm_memory_used_bytes", "area=\"heap\"");
    }

    /** Throws AssertionError if what cannot be freed has grown since {@link #liveHeap} was so much. */
    void assertLiveHeapIsStill(double before) {
        assertThat(liveHeap() - before).as("growth of the live heap, bytes").isLessThan(10e6);
    }

    private HttpResponse<String> get(String path) throws IOException {
        try {
            return HTTP.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + managementPort + path))
                            .timeout(Duration.ofSeconds(10))
                            .build(),
                    BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }
}

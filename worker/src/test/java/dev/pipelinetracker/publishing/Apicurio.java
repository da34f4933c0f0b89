package dev.pipelinetracker.publishing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/**
 * Apicurio Registry, which none of us wrote, as a child process: one per JVM, started when it is first asked for, gone with the
 * JVM. Unpacked by the profile {@code registry}; needs a JDK 21 or newer, which need not be the build's.
 */
final class Apicurio {

    private static final Path UNPACKED = Path.of("target", "apicurio");

    private Apicurio() {}

    /** Skips the test where the profile is off, and loudly where it is on but no JDK is new enough. */
    static void assumeThere() {
        Assumptions.assumeTrue(Files.isDirectory(UNPACKED), "Apicurio is unpacked by the profile only: mvn -Pregistry");
        boolean runnable = NewerJdk.find().isPresent();
        if (!runnable) {
            System.err.println("SKIPPED: no test on Apicurio: no JDK 21 or newer found; set JAVA_HOME_21");
        }
        Assumptions.assumeTrue(runnable, "No JDK 21 or newer found: set JAVA_HOME_21");
    }

    /** The base URL of its Confluent-compatible API. */
    static URI url() {
        return Running.URL;
    }

    /** No more than this: what runs in another thread would wait for this class to be initialized, and be waited for. */
    private static final class Running {

        static final URI URL = start();
    }

    private static URI start() {
        try {
            int port = freePort();
            Process process = new ProcessBuilder(
                            NewerJdk.find().orElseThrow().toString(),
                            "-Xmx512m",
                            "-Dquarkus.profile=prod",
                            "-Dquarkus.http.host=127.0.0.1",
                            "-Dquarkus.http.port=" + port,
                            "-Dquarkus.management.host=127.0.0.1",
                            "-Dquarkus.management.port=" + freePort(),
                            "-Dapicurio.datasource.url=jdbc:h2:mem:reg",
                            "-jar",
                            "quarkus-run.jar")
                    .directory(folder().toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(Path.of("target", "apicurio.log").toFile())
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly, "stop-apicurio"));
            URI url = URI.create("http://127.0.0.1:" + port + "/apis/ccompat/v7");
            awaitAnswer(URI.create(url + "/subjects"));
            return url;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void awaitAnswer(URI subjects) {
        HttpClient http = HttpClient.newHttpClient();
        HttpRequest request = HttpRequest.newBuilder(subjects).build();
        Awaitility.await("Apicurio is up, see target/apicurio.log")
                .atMost(Duration.ofSeconds(90))
                .ignoreExceptions()
                .until(() -> http.send(request, BodyHandlers.discarding()).statusCode() == 200);
    }

    private static Path folder() throws IOException {
        try (var files = Files.walk(UNPACKED, 3)) {
            return files.filter(file -> file.endsWith("quarkus-run.jar"))
                    .findFirst()
                    .orElseThrow()
                    .toAbsolutePath()
                    .resolveSibling("");
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}

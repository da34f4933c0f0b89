package dev.pipelinetracker.publishing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;

/**
 * On Apicurio Registry, which none of us wrote, as a child process. Runs in the profile {@code registry}, which unpacks it;
 * needs a JDK 21 or newer, which need not be the build's.
 */
class ApicurioSchemasTest extends SchemasCommandContract {

    private static final Path APICURIO = Path.of("target", "apicurio");

    private static @Nullable Process process;
    private static @Nullable URI base;

    @Override
    URI url() {
        return Objects.requireNonNull(base).resolve("/apis/ccompat/v7");
    }

    @BeforeAll
    static void start() throws IOException {
        Assumptions.assumeTrue(Files.isDirectory(APICURIO), "Apicurio is unpacked by the profile only: mvn -Pregistry");
        Path java = NewerJdk.find().orElse(null);
        if (java == null) {
            System.err.println("SKIPPED ApicurioSchemasTest: no JDK 21 or newer found; set JAVA_HOME_21");
        }
        Assumptions.assumeTrue(java != null, "No JDK 21 or newer found: set JAVA_HOME_21");
        int port = freePort();
        base = URI.create("http://127.0.0.1:" + port);
        process = new ProcessBuilder(
                        Objects.requireNonNull(java).toString(),
                        "-Xmx512m",
                        "-Dquarkus.profile=prod",
                        "-Dquarkus.http.host=127.0.0.1",
                        "-Dquarkus.http.port=" + port,
                        "-Dquarkus.management.host=127.0.0.1",
                        "-Dquarkus.management.port=" + freePort(),
                        "-Dapicurio.datasource.url=jdbc:h2:mem:reg",
                        "-jar",
                        "quarkus-run.jar")
                .directory(runner().toFile())
                .redirectErrorStream(true)
                .redirectOutput(Path.of("target", "apicurio.log").toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(ApicurioSchemasTest::stop, "stop-apicurio"));
        Awaitility.await("Apicurio is up, see target/apicurio.log")
                .atMost(Duration.ofSeconds(90))
                .ignoreExceptions()
                .until(() -> HttpClient.newHttpClient()
                                .send(
                                        HttpRequest.newBuilder(Objects.requireNonNull(base)
                                                        .resolve("/apis/ccompat/v7/subjects"))
                                                .build(),
                                        BodyHandlers.discarding())
                                .statusCode()
                        == 200);
    }

    @AfterAll
    static void stop() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    private static Path runner() throws IOException {
        try (var files = Files.walk(APICURIO, 3)) {
            return Objects.requireNonNull(files.filter(file -> file.endsWith("quarkus-run.jar"))
                    .findFirst()
                    .orElseThrow()
                    .getParent());
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}

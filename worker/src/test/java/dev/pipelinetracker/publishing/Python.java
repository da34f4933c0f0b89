package dev.pipelinetracker.publishing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Debian's Python with its packages for Kafka and Avro. */
final class Python {

    static final Path EXAMPLES = Path.of("..", "deploy", "examples", "python");

    private static final String PACKAGES = "python3-confluent-kafka python3-avro python3-requests";
    private static final String EXECUTABLE = "/usr/bin/python3";

    private Python() {}

    /** Skips the test, loudly, where the packages are not installed. */
    static void assumeInstalled() throws IOException, InterruptedException {
        boolean installed = Files.isExecutable(Path.of(EXECUTABLE))
                && run("", "-c", "import confluent_kafka.avro, avro").exitCode() == 0;
        if (!installed) {
            System.err.println("SKIPPED: publishing from Python is not tested here. apt-get install " + PACKAGES);
        }
        Assumptions.assumeTrue(installed, "not installed: " + PACKAGES);
    }

    /** What Python does with these arguments and that standard input, within two minutes. */
    static Outcome run(String input, String... arguments) throws IOException, InterruptedException {
        Path in = Files.createTempFile("python", ".in");
        Path output = Files.createTempFile("python", ".out");
        Process process = new ProcessBuilder(Stream.concat(Stream.of(EXECUTABLE, "-B"), Stream.of(arguments))
                        .toList())
                .redirectInput(Files.writeString(in, input).toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!process.waitFor(120, TimeUnit.SECONDS)) {
                throw new IllegalStateException("Python does not end: " + Files.readString(output));
            }
            return new Outcome(process.exitValue(), new String(Files.readAllBytes(output), StandardCharsets.UTF_8));
        } finally {
            process.destroyForcibly();
            for (Path file : List.of(in, output)) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** @param output standard output and standard error */
    record Outcome(int exitCode, String output) {}
}

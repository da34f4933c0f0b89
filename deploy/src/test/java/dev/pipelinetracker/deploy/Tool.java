package dev.pipelinetracker.deploy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A program that the build uses where it is installed. */
record Tool(Path program) {

    /** What a run printed, both streams, and its exit code. */
    record Outcome(int exitCode, String output) {}

    /** The first of these on the PATH; without any, says so on standard error and skips the test. */
    static Tool required(String test, String howToInstall, String... names) {
        Optional<Path> found = Stream.of(names)
                .flatMap(name -> Stream.of(
                                System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                        .map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
        if (found.isEmpty()) {
            System.err.printf("SKIPPED %s: %s is not installed (%s)%n", test, names[0], howToInstall);
        }
        Assumptions.assumeTrue(found.isPresent(), names[0] + " is not installed");
        return new Tool(found.orElseThrow());
    }

    /** Runs it for at most two minutes. */
    Outcome run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        Path said = Files.createTempFile("tool", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
            if (!process.waitFor(2, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new IllegalStateException(command + " does not end");
            }
            return new Outcome(process.exitValue(), Files.readString(said));
        } finally {
            Files.delete(said);
        }
    }
}

package dev.pipelinetracker.deploy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A program that the build uses where it is installed; its command is the program and the words that it always wants. */
record Tool(List<String> command) {

    /** What a run printed, both streams, and its exit code. */
    record Outcome(int exitCode, String output) {}

    /**
     * The first of these commands that works: its program is on the PATH and, where it has a second word, such as {@code docker
     * compose}, that plugin is there. Without any, says so on standard error and skips the test.
     */
    static Tool required(String test, String howToInstall, String... commands) {
        Optional<Tool> found = Stream.of(commands)
                .map(command -> List.of(command.split(" ", -1)))
                .flatMap(words -> onPath(words.get(0)).map(program -> {
                    List<String> command = new ArrayList<>(words);
                    command.set(0, program.toString());
                    return new Tool(command);
                }))
                .filter(tool -> tool.command().size() == 1 || tool.answers())
                .findFirst();
        if (found.isEmpty()) {
            System.err.printf(
                    "SKIPPED %s: %s is not installed (%s)%n", test, String.join(" or ", commands), howToInstall);
        }
        Assumptions.assumeTrue(found.isPresent(), String.join(" or ", commands) + " is not installed");
        return found.orElseThrow();
    }

    /** Runs it for at most two minutes. */
    Outcome run(String... arguments) throws IOException, InterruptedException {
        List<String> whole = new ArrayList<>(command);
        whole.addAll(Arrays.asList(arguments));
        Path said = Files.createTempFile("tool", ".txt");
        try {
            Process process = new ProcessBuilder(whole)
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
            if (!process.waitFor(2, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new IllegalStateException(whole + " does not end");
            }
            return new Outcome(process.exitValue(), Files.readString(said));
        } finally {
            Files.delete(said);
        }
    }

    private boolean answers() {
        try {
            return run("version").exitCode() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static Stream<Path> onPath(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable);
    }
}

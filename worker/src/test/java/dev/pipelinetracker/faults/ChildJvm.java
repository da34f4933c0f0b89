package dev.pipelinetracker.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Starts JVMs and other processes, their output in a file, and sees to it that none outlives this JVM. */
public final class ChildJvm {

    /** Where logs go: beside the other results of the build. */
    static final Path FOLDER = Path.of("target", System.getProperty("tracker.test.children", "faults"));

    private static final Set<Process> CHILDREN = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> CHILDREN.forEach(Process::destroyForcibly), "kill-children"));
    }

    private ChildJvm() {}

    /** What this JVM's tests see without the tests themselves: what the worker is made of. */
    static List<String> classPathWithoutTests() {
        return Arrays.stream(classPath().split(java.io.File.pathSeparator))
                .filter(entry -> !entry.replaceAll("[/\\\\]$", "").endsWith("test-classes"))
                .filter(entry -> !entry.contains("confluent-oracle"))
                .toList();
    }

    /** What this JVM's tests see. */
    public static String classPath() {
        // surefire's own property: the JVM itself is started from a jar that only refers to the others
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    /** Starts a JVM; arguments may hold anything but quotes. */
    public static Process start(
            String name,
            String classPath,
            List<String> options,
            String main,
            List<String> arguments,
            Map<String, String> environment) {
        try {
            Files.createDirectories(FOLDER);
            Path argFile = FOLDER.resolve(name + ".args");
            List<String> lines = new ArrayList<>(options);
            lines.add("-cp");
            lines.add("\"" + classPath + "\"");
            lines.add(main);
            arguments.forEach(argument -> lines.add("\"" + argument + "\""));
            Files.write(argFile, lines);
            String java =
                    Path.of(System.getProperty("java.home"), "bin", "java").toString();
            return start(name, List.of(java, "@" + argFile), environment);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts any process; its output is appended to the log of that name. */
    public static Process start(String name, List<String> command, Map<String, String> environment) {
        try {
            Files.createDirectories(FOLDER);
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log(name).toFile()));
            builder.environment().putAll(environment);
            Process child = builder.start();
            CHILDREN.add(child);
            return child;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where the output of the process of that name goes. */
    public static Path log(String name) {
        return FOLDER.resolve(name + ".log");
    }
}

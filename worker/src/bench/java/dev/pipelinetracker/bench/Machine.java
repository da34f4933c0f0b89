package dev.pipelinetracker.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Where it is measured. */
final class Machine {

    private Machine() {}

    /** Puts what can be told of machine and software. */
    static void describe(Map<String, String> environment, Stage stage) {
        environment.put(
                "machine",
                Runtime.getRuntime().availableProcessors() + " cores, " + line("/proc/cpuinfo", "model name") + ", "
                        + line("/proc/meminfo", "MemTotal") + "; broker, PostgreSQL, peer and harness share them");
        environment.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        environment.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        environment.put(
                "postgresql",
                stage.sql().sql("SELECT version()").query(String.class).single() + "; "
                        + String.join(", ", Stage.POSTGRES_SETTINGS)
                        + "; fsync, synchronous_commit and full_page_writes on");
        environment.put(
                "kafka",
                org.apache.kafka.common.utils.AppInfoParser.getVersion() + ", one broker, topics of "
                        + Backlogs.PARTITIONS + " partitions");
    }

    private static String line(String file, String name) {
        try {
            return Files.readString(Path.of(file))
                    .lines()
                    .filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("?");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

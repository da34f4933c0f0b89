package dev.pipelinetracker.bench;

import dev.pipelinetracker.faults.ChildJvm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** From the start of the process to the commit of the first row, for an event that is there already. */
final class StartPart implements Part {

    private static final String PART = "start";
    private static final String TOPIC = "bench.start";

    private record Way(String name, Path jdk, List<String> jvm, List<String> main, List<String> arguments) {}

    @Override
    public void run(Context context) {
        Stage stage = context.stage();
        stage.createTopic(TOPIC);
        List<Way> ways = ways(context);
        for (int i = 0; i < context.scale().starts(); i++) {
            for (Way way : ways) {
                context.report().add(PART, way.name(), seconds(context, way), "s");
            }
        }
        stage.deleteTopic(TOPIC);
    }

    private static List<Way> ways(Context context) {
        Path jdk = Path.of(System.getProperty("java.home"));
        List<String> heap = List.of(DrainPart.HEAP);
        List<String> jar = List.of("-jar", WorkerPeer.JAR.toString());
        List<Way> ways = new ArrayList<>();
        ways.add(new Way("the jar as it is", jdk, heap, jar, List.of()));
        ways.add(new Way("beans made when needed", jdk, heap, jar, List.of("--spring.main.lazy-initialization=true")));
        Path folder = extract(jdk);
        List<String> extracted =
                List.of("-jar", folder.resolve("pipeline-tracker.jar").toString());
        ways.add(new Way("jar extracted", jdk, heap, extracted, List.of()));
        Path cds = folder.resolve("application.jsa");
        seconds(context, new Way("", jdk, with(heap, "-XX:ArchiveClassesAtExit=" + cds), extracted, List.of()));
        ways.add(new Way(
                "jar extracted, class data archive",
                jdk,
                with(heap, "-XX:SharedArchiveFile=" + cds),
                extracted,
                List.of()));
        newest().ifPresent(newest -> {
            ways.add(new Way("jar extracted, JDK 25", newest, heap, extracted, List.of()));
            Path cache = folder.resolve("application.aot");
            seconds(context, new Way("", newest, with(heap, "-XX:AOTCacheOutput=" + cache), extracted, List.of()));
            ways.add(new Way(
                    "jar extracted, JDK 25, AOT cache",
                    newest,
                    with(heap, "-XX:AOTCache=" + cache),
                    extracted,
                    List.of()));
        });
        return ways;
    }

    private static double seconds(Context context, Way way) {
        Stage stage = context.stage();
        stage.sql().sql("TRUNCATE analytics_pipeline_history").update();
        stage.send(TOPIC, 0, context.backlogs().run(0, Instant.now()));
        Instant start = Instant.now();
        try (WorkerPeer worker =
                new WorkerPeer(stage, way.jdk(), way.main(), "pipeline-runs", TOPIC, way.jvm(), way.arguments())) {
            while (true) {
                Optional<Double> seconds = stage.sql()
                        .sql(
                                "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM analytics_pipeline_history")
                        .query(Double.class)
                        .optional();
                if (seconds.isPresent()) {
                    return seconds.get() - start.toEpochMilli() / 1000.0;
                }
                if (!worker.isAlive()) {
                    throw new IllegalStateException("The worker died, see " + ChildJvm.log("worker-" + TOPIC));
                }
                // the commit has a timestamp: there is no need to take CPU from the start by looking often
                LockSupport.parkNanos(300_000_000);
            }
        }
    }

    /** As Spring Boot's own tool does it: the libraries beside a thin jar, which the JVM can archive. */
    private static Path extract(Path jdk) {
        Path folder = Path.of("target", "bench", "extracted").toAbsolutePath();
        try {
            if (!Files.exists(folder)) {
                Process extracting = ChildJvm.start(
                        "extract",
                        List.of(
                                jdk.resolve("bin").resolve("java").toString(),
                                "-Djarmode=tools",
                                "-jar",
                                WorkerPeer.JAR.toString(),
                                "extract",
                                "--destination",
                                folder.toString()),
                        Map.of());
                extracting.onExit().join();
            }
            Files.deleteIfExists(folder.resolve("application.jsa"));
            Files.deleteIfExists(folder.resolve("application.aot"));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code JAVA_HOME_25}, or where Debian's packages put it. */
    private static Optional<Path> newest() {
        String home = System.getenv("JAVA_HOME_25");
        if (home != null) {
            return Optional.of(Path.of(home));
        }
        Path all = Path.of("/usr/lib/jvm");
        if (!Files.isDirectory(all)) {
            return Optional.empty();
        }
        try (Stream<Path> jdks = Files.list(all)) {
            return jdks.filter(jdk -> jdk.getFileName().toString().contains("-25-"))
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> with(List<String> options, String more) {
        return Stream.concat(options.stream(), Stream.of(more)).toList();
    }
}

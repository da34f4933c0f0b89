package dev.pipelinetracker.faults;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * The worker's classes as a JVM keeps them for others that start later (application class data sharing): a start then takes
 * 3 s of CPU instead of 5, and the fault tests start some forty workers. Made once, by a worker that ends when it is ready
 * to listen.
 */
final class ClassArchive {

    /** What an archive is made with, workers must be started with. */
    static final List<String> OPTIONS = List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

    private static final String NAME = "class-archive";
    private static final Path FILE = ChildJvm.FOLDER.resolve(NAME + ".jsa");
    private static final String CLASS_PATH = jarsOnly();
    private static final boolean MADE = make();

    private ClassArchive() {}

    /** The worker's, without folders: classes in folders cannot be kept. */
    static String classPath() {
        return CLASS_PATH;
    }

    /** For a worker to start with. */
    static List<String> options() {
        List<String> options = new ArrayList<>(OPTIONS);
        if (MADE) {
            options.add("-XX:SharedArchiveFile=" + FILE.toAbsolutePath());
        }
        return options;
    }

    private static boolean make() {
        List<String> options = new ArrayList<>(OPTIONS);
        options.add("-XX:ArchiveClassesAtExit=" + FILE.toAbsolutePath());
        options.add("-Dspring.context.exit=onRefresh");
        // it connects to nothing
        String settings = """
                {"spring.kafka.bootstrap-servers": "127.0.0.1:1", "spring.datasource.url": "jdbc:postgresql://127.0.0.1:1/none",
                 "tracker.registry.url": "http://127.0.0.1:1", "management.server.port": 0}""";
        try {
            Files.deleteIfExists(FILE);
            Process training = ChildJvm.start(
                    NAME,
                    CLASS_PATH,
                    options,
                    "dev.pipelinetracker.Main",
                    List.of("serve"),
                    Map.of("SPRING_APPLICATION_JSON", settings));
            // without it workers only start slower
            return training.waitFor(2, TimeUnit.MINUTES) && training.exitValue() == 0 && Files.exists(FILE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    private static String jarsOnly() {
        List<String> jars = new ArrayList<>();
        for (String entry : ChildJvm.classPathWithoutTests()) {
            Path path = Path.of(entry);
            if (Files.isDirectory(path)) {
                jars.add(jar(path, "classes-" + jars.size() + ".jar").toString());
            } else if (Files.exists(path)) {
                jars.add(entry);
            }
        }
        return String.join(File.pathSeparator, jars);
    }

    private static Path jar(Path folder, String jarName) {
        try {
            Path file =
                    Files.createDirectories(ChildJvm.FOLDER).resolve(jarName).toAbsolutePath();
            try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file));
                    Stream<Path> paths = Files.walk(folder)) {
                for (Path path : (Iterable<Path>) paths::iterator) {
                    String name = folder.relativize(path).toString().replace(File.separatorChar, '/');
                    if (Files.isRegularFile(path)) {
                        jar.putNextEntry(new JarEntry(name));
                        Files.copy(path, jar);
                    } else if (!name.isEmpty()) {
                        // Spring's scan of a package looks for its folder
                        jar.putNextEntry(new JarEntry(name + "/"));
                    }
                }
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

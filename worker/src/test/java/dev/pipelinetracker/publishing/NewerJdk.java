package dev.pipelinetracker.publishing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A JDK 21 or newer on this machine, where people and packages put them. */
final class NewerJdk {

    private static final int NEEDED = 21;
    private static final Pattern VERSION = Pattern.compile("JAVA_VERSION=\"(\\d+)");

    private NewerJdk() {}

    /** Its java executable. */
    static Optional<Path> find() {
        Stream<Path> named = System.getenv().entrySet().stream()
                .filter(variable -> variable.getKey().matches("JAVA_HOME|JAVA_HOME_\\d+.*|JDK_?\\d+(_HOME)?"))
                .map(variable -> Path.of(variable.getValue()));
        String home = System.getProperty("user.home");
        Stream<Path> usual = Stream.of(
                        Path.of("/usr/lib/jvm"),
                        Path.of("/usr/java"),
                        Path.of("/opt"),
                        Path.of("/opt/java"),
                        Path.of("/Library/Java/JavaVirtualMachines"),
                        Path.of(home, ".sdkman/candidates/java"),
                        Path.of(home, ".jdks"))
                .flatMap(folder -> children(folder).stream())
                .flatMap(folder -> Stream.of(folder, folder.resolve("Contents/Home")));
        return Stream.of(Stream.of(Path.of(System.getProperty("java.home"))), named, usual)
                .flatMap(paths -> paths)
                .filter(NewerJdk::isNewEnough)
                .map(jdk -> jdk.resolve("bin/java"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static boolean isNewEnough(Path jdk) {
        try {
            Matcher version = VERSION.matcher(Files.readString(jdk.resolve("release")));
            return version.find() && Integer.parseInt(version.group(1)) >= NEEDED;
        } catch (IOException e) {
            return false;
        }
    }

    private static List<Path> children(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}

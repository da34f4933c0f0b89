package dev.pipelinetracker.support;

import dev.pipelinetracker.local.LocalRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The tests' schema registry: one per JVM, started when it is first asked for, gone with the JVM. Tests share its ids and
 * subjects; one that needs a registry of its own starts a {@link LocalRegistry}.
 */
public final class RealRegistry {

    private RealRegistry() {}

    /** Where it listens: http, loopback, no slash at the end. */
    public static String url() {
        return Running.REGISTRY.url().toString();
    }

    /** Its threads are daemons, so that nothing need stop it. */
    private static final class Running {

        static final LocalRegistry REGISTRY = start();

        private static LocalRegistry start() {
            try {
                Path folder = Files.createTempDirectory("registry");
                Path file = folder.resolve("registry.json");
                // deleted in the reverse of this order
                folder.toFile().deleteOnExit();
                file.toFile().deleteOnExit();
                return LocalRegistry.start(file, 0);
            } catch (IOException e) {
                throw new UncheckedIOException("Cannot start a registry", e);
            }
        }
    }
}

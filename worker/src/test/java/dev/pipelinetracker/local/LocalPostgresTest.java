package dev.pipelinetracker.local;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class LocalPostgresTest {

    @TempDir
    private Path folder;

    @Test
    void keepsItsRowsAcrossARestartAndSurvivesAnOrphan() throws Exception {
        int port = Loopback.freePort();
        LocalPostgres first = LocalPostgres.start(folder, port);
        try {
            execute(first, "CREATE TABLE kept (word text)");
            execute(first, "INSERT INTO kept VALUES ('stored')");
        } finally {
            first.close();
        }
        assertThat(Loopback.taken(port)).isFalse();

        LocalPostgres killed = LocalPostgres.start(folder, port);
        execute(killed, "INSERT INTO kept VALUES ('orphaned')");
        // As after kill -9 of the JVM: nobody told the server to stop, and a psql is still connected.
        try (Connection forgotten = connect(killed)) {
            LocalPostgres.stopOrphan(folder);
            assertThat(Loopback.taken(port)).isFalse();
            assertThat(forgotten.isValid(5)).isFalse();
        }
        giveBackLock(killed);

        LocalPostgres.stopOrphan(folder);
        try (LocalPostgres last = LocalPostgres.start(folder, Loopback.freePort())) {
            assertThat(words(last)).containsExactlyInAnyOrder("stored", "orphaned");
        }
        assertThat(folder.resolve("data").resolve("postmaster.pid")).doesNotExist();
    }

    @Test
    void stopsNoProcessThatIsNotItsServer() throws Exception {
        Files.createDirectories(folder.resolve("data"));
        Files.createDirectories(folder.resolve("binaries"));
        Files.writeString(
                folder.resolve("data").resolve("postmaster.pid"),
                ProcessHandle.current().pid() + "\n");

        LocalPostgres.stopOrphan(folder);
    }

    /** A killed JVM's lock on the folder goes with it; this one's must be given back, with no server left to stop. */
    private static void giveBackLock(LocalPostgres killed) throws IOException {
        Logger log = (Logger) LoggerFactory.getLogger(EmbeddedPostgres.class);
        log.setLevel(Level.OFF);
        try {
            killed.close();
        } finally {
            log.setLevel(null);
        }
    }

    private static Connection connect(LocalPostgres postgres) throws SQLException {
        return DriverManager.getConnection(postgres.jdbcUrl(), LocalPostgres.USER, LocalPostgres.PASSWORD);
    }

    private static void execute(LocalPostgres postgres, String sql) throws SQLException {
        try (Connection connection = connect(postgres);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static List<String> words(LocalPostgres postgres) throws SQLException {
        try (Connection connection = connect(postgres);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT word FROM kept")) {
            List<String> words = new ArrayList<>();
            while (rows.next()) {
                words.add(rows.getString(1));
            }
            return words;
        }
    }
}

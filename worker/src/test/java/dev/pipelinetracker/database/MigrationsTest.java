package dev.pipelinetracker.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import java.io.IOException;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

class MigrationsTest {

    private static final int NEWEST = 5;

    private final Database database = RealPostgres.emptyDatabase();

    @Test
    void anEmptyDatabaseGetsEverything() {
        migrate();

        assertThat(appliedVersions()).containsExactly("1", "2", "3", "4", "5");
        assertThat(database.sql()
                        .sql("SELECT count(*) FROM public.analytics_pipeline_history")
                        .query(Long.class)
                        .single())
                .isZero();
    }

    @Test
    void aSecondTimeChangesNothing() {
        migrate();
        String before = catalogState();

        migrate();

        assertThat(catalogState()).isEqualTo(before);
    }

    @Test
    void whatIsMissingIsAppliedToADatabaseOfAnOlderWorker() {
        migrate();
        database.sql()
                .sql("DROP TABLE tracker.replay_partitions, tracker.replays, tracker.redriven, tracker.offset_gaps,"
                        + " tracker.erasures")
                .update();
        database.sql()
                .sql("DELETE FROM tracker.flyway_schema_history WHERE version IN ('3', '4', '5')")
                .update();

        migrate();

        assertThat(appliedVersions()).containsExactly("1", "2", "3", "4", "5");
    }

    @Test
    void severalWorkersMayStartAtOnce() throws InterruptedException {
        ExecutorService workers = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> starts = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                starts.add(workers.submit(this::migrate));
            }
            for (Future<?> start : starts) {
                assertThatCode(start::get).doesNotThrowAnyException();
            }
        } finally {
            workers.shutdownNow();
        }
        assertThat(appliedVersions()).containsExactly("1", "2", "3", "4", "5");
    }

    @Test
    void aRoleThatMayOnlyReadTheHistorySufficesOnceEverythingIsApplied() {
        migrate();
        String role =
                roleWith("GRANT USAGE ON SCHEMA tracker TO %s", "GRANT SELECT ON tracker.flyway_schema_history TO %s");

        assertThatCode(() -> new Migrations(database.dataSource(role, role)).migrate())
                .doesNotThrowAnyException();
    }

    @Test
    void aHistoryThatTheRoleMaySeeNothingOfIsTroubleButNoRefusal() {
        migrate();
        String role = roleWith();

        assertThatExceptionOfType(RuntimeException.class)
                .isThrownBy(() -> new Migrations(database.dataSource(role, role)).migrate())
                .isNotInstanceOf(DatabaseRefusedException.class)
                .withStackTraceContaining("permission denied");
    }

    @Test
    void aPoolGetsItsConnectionsBackAsTheyWere() throws SQLException {
        HikariConfig config = new HikariConfig();
        config.setDataSource(database.dataSource());
        config.setMaximumPoolSize(2);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            String before = searchPath(pool);

            new Migrations(pool).migrate();

            try (Connection one = pool.getConnection();
                    Connection other = pool.getConnection()) {
                assertThat(List.of(searchPath(one), searchPath(other))).containsOnly(before);
                assertThat(List.of(one.getAutoCommit(), other.getAutoCommit())).containsOnly(true);
            }
        }
    }

    @Test
    void aDatabaseThatANewerWorkerMigratedByMoreThanOneVersionIsRefused() {
        migrate();
        newerHistory(NEWEST + 1);
        newerHistory(NEWEST + 2);

        assertThatRefused().withMessageContaining("version " + (NEWEST + 2)).withMessageContaining("newer worker");
    }

    /** A rolling upgrade, or a way back from one: each migration leaves the worker before it running. */
    @Test
    void oneVersionNewerIsTaken() {
        migrate();
        newerHistory(NEWEST + 1);
        String before = catalogState();

        migrate();

        assertThat(catalogState()).isEqualTo(before);
    }

    @Test
    void aDatabaseMigratedByOtherScriptsIsRefused() {
        migrate();
        database.sql()
                .sql("UPDATE tracker.flyway_schema_history SET checksum = 1 WHERE version = '2'")
                .update();

        assertThatRefused().withMessageContaining("version 2").withMessageContaining("other scripts");
    }

    @Test
    void tablesThatSomebodyElseCreatedAreRefusedAndLeftAlone() {
        database.sql()
                .sql("CREATE TABLE public.analytics_pipeline_history (id integer)")
                .update();
        String before = catalogState();

        assertThatRefused()
                .withMessageContaining("public: analytics_pipeline_history), they are not schema 2.0")
                .withMessageContaining("empty database");
        assertThat(catalogState()).isEqualTo(before);
    }

    @Test
    void tablesThatHaveNothingToDoWithUsAreNoHindrance() {
        database.sql().sql("CREATE TABLE public.something_else (id integer)").update();

        migrate();

        assertThat(appliedVersions()).containsExactly("1", "2", "3", "4", "5");
    }

    @ParameterizedTest
    @ValueSource(ints = {90_624, 140_023})
    void aServerOlderThan15IsRefused(int versionNumber) {
        assertThatExceptionOfType(DatabaseRefusedException.class)
                .isThrownBy(() -> Inspection.refuseOldServer(versionNumber))
                .withMessageContaining("PostgreSQL " + versionNumber / 10_000 + " is too old")
                .withMessageContaining("15 or newer");
    }

    @ParameterizedTest
    @ValueSource(ints = {150_000, 150_018, 180_006, 200_000})
    void aServerOf15OrNewerIsTaken(int versionNumber) {
        assertThatCode(() -> Inspection.refuseOldServer(versionNumber)).doesNotThrowAnyException();
    }

    @Test
    void aDatabaseThatIsAwayIsTroubleButNoRefusal() throws IOException {
        PGSimpleDataSource away = new PGSimpleDataSource();
        try (ServerSocket free = new ServerSocket(0)) {
            away.setURL("jdbc:postgresql://127.0.0.1:" + free.getLocalPort() + "/nowhere?connectTimeout=1");
        }

        assertThatExceptionOfType(RuntimeException.class)
                .isThrownBy(() -> new Migrations(away).migrate())
                .isNotInstanceOf(DatabaseRefusedException.class)
                .withRootCauseInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO organizations (name, slug) VALUES ('Acme', 'acme')",
                "INSERT INTO users (email) VALUES ('a@example.org')",
                "WITH acme AS (INSERT INTO organizations (name, slug) VALUES ('Acme', 'acme') RETURNING id)"
                        + " INSERT INTO analytics_data_sources (id, org_id, name, config) SELECT 's', id, 'S', '{}' FROM acme"
            })
    void anUpdateMovesUpdatedAtAndNotCreatedAt(String insert) {
        migrate();
        String table = insert.replaceFirst("(?s).*INSERT INTO (\\w+).*", "$1");
        LocalDateTime old = LocalDateTime.parse("2020-02-29T12:00:00");
        database.sql().sql(insert).update();
        database.sql()
                .sql("ALTER TABLE %s DISABLE TRIGGER USER".formatted(table))
                .update();
        database.sql()
                .sql("UPDATE %s SET created_at = ?, updated_at = ?".formatted(table))
                .params(old, old)
                .update();
        database.sql()
                .sql("ALTER TABLE %s ENABLE TRIGGER USER".formatted(table))
                .update();

        database.sql().sql("UPDATE %s SET name = 'renamed'".formatted(table)).update();

        assertThat(database.sql()
                        .sql("SELECT created_at FROM %s".formatted(table))
                        .query(LocalDateTime.class)
                        .list())
                .containsOnly(old);
        assertThat(database.sql()
                        .sql("SELECT updated_at > now() - interval '1 minute' FROM %s".formatted(table))
                        .query(Boolean.class)
                        .list())
                .containsOnly(true);
    }

    private void migrate() {
        new Migrations(database.dataSource()).migrate();
    }

    private void newerHistory(int version) {
        database.sql().sql("""
                        INSERT INTO tracker.flyway_schema_history
                            (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
                        VALUES (90 + :version::int, :version, 'of the future', 'SQL', 'V' || :version || '__of_the_future.sql', 1, 'somebody', 1, true)
                        """).param("version", Integer.toString(version)).update();
    }

    private ThrowableAssertAlternative<DatabaseRefusedException> assertThatRefused() {
        return assertThatExceptionOfType(DatabaseRefusedException.class).isThrownBy(this::migrate);
    }

    private List<String> appliedVersions() {
        return database.sql()
                .sql(
                        "SELECT version FROM tracker.flyway_schema_history WHERE version IS NOT NULL ORDER BY installed_rank")
                .query(String.class)
                .list();
    }

    /** Changes with every table, column, index, constraint, function, trigger or history entry. */
    private String catalogState() {
        return database.sql().sql("""
                        SELECT concat_ws(' ',
                            (SELECT string_agg(oid || ':' || xmin, ',' ORDER BY oid) FROM pg_class WHERE oid >= 16384),
                            (SELECT string_agg(oid || ':' || xmin, ',' ORDER BY oid) FROM pg_constraint WHERE oid >= 16384),
                            (SELECT string_agg(oid || ':' || xmin, ',' ORDER BY oid) FROM pg_proc WHERE oid >= 16384),
                            (SELECT string_agg(oid || ':' || xmin, ',' ORDER BY oid) FROM pg_trigger WHERE oid >= 16384),
                            (SELECT string_agg(oid || ':' || xmin, ',' ORDER BY oid) FROM pg_namespace WHERE oid >= 16384))
                        """).query(String.class).single();
    }

    private String roleWith(String... grants) {
        String role = "role_" + UUID.randomUUID().toString().replace('-', '_');
        database.sql()
                .sql("CREATE ROLE %s LOGIN PASSWORD '%s'".formatted(role, role))
                .update();
        for (String grant : grants) {
            database.sql().sql(grant.formatted(role)).update();
        }
        return role;
    }

    private static String searchPath(DataSource source) throws SQLException {
        try (Connection connection = source.getConnection()) {
            return searchPath(connection);
        }
    }

    private static String searchPath(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW search_path")) {
            row.next();
            return row.getString(1);
        }
    }
}

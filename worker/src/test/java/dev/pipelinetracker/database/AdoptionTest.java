package dev.pipelinetracker.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DuplicateKeyException;

/** A database that the framework's own script made, with rows in it. */
class AdoptionTest {

    private static final UUID PIPELINE = UUID.fromString("00000000-0000-4000-8000-000000000001");

    private final Database database = RealPostgres.frameworksDatabase();
    private final UUID organization;

    AdoptionTest() {
        organization = database.organization("Acme");
    }

    @Test
    void serveRefusesAndChangesNothing() {
        run(PIPELINE, "completed", "2026-01-01");
        String before = rows("analytics_pipeline_history");

        assertThatExceptionOfType(DatabaseRefusedException.class)
                .isThrownBy(() -> migrations().migrate())
                .withMessageContaining("schema 2.0")
                .withMessageContaining("migrate --plan");
        assertThat(rows("analytics_pipeline_history")).isEqualTo(before);
        assertThat(hasTrackerSchema()).isFalse();
    }

    @Test
    void rowsAndDefinitionsThatAreThereStayAsTheyAre() {
        run(PIPELINE, "completed", "2026-01-01");
        run(null, "completed", "2026-01-01");
        run(null, "completed", "2026-01-01");
        chart("bar", null, "2026-01-01");
        database.sql()
                .sql("INSERT INTO analytics_source_insights (source_id, org_id) VALUES ('s', ?)")
                .param(organization)
                .update();
        List<String> before = allRows();
        List<String> definitions = definitions();

        migrations().migrateOrAdopt();

        assertThat(allRows()).isEqualTo(before);
        assertThat(definitions()).containsAll(definitions);
        List<String> added = new ArrayList<>(definitions());
        added.removeAll(definitions);
        assertThat(added)
                .containsExactly(
                        "CREATE INDEX tracker_open_runs ON public.analytics_pipeline_history USING btree (org_id) WHERE ((status)::text = 'running'::text)",
                        "CREATE UNIQUE INDEX tracker_chart_identity ON public.analytics_visualizations USING btree (source_id, org_id, chart_type, x_column, y_column) NULLS NOT DISTINCT",
                        "CREATE UNIQUE INDEX tracker_run_identity ON public.analytics_pipeline_history USING btree (org_id, pipeline_id, source_id)");
        assertThat(conflicts()).isEmpty();
    }

    @Test
    void ofRowsThatRepeatARunTheNewestStaysAndTheOthersAreKept() {
        run(PIPELINE, "running", "2026-01-01 10:00");
        run(PIPELINE, "completed", "2026-01-01 10:05:00.123456");
        run(PIPELINE, "failed", "2026-01-01 10:05:00.123456");
        run(UUID.randomUUID(), "running", "2026-01-01");

        migrations().migrateOrAdopt();

        assertThat(database.sql()
                        .sql("SELECT status FROM analytics_pipeline_history WHERE pipeline_id = ?")
                        .param(PIPELINE)
                        .query(String.class)
                        .list())
                .containsExactly("completed");
        assertThat(conflicts())
                .containsExactly(
                        "analytics_pipeline_history failed 2026-01-01T10:05:00.123456",
                        "analytics_pipeline_history running 2026-01-01T10:00:00");
        assertThat(database.sql()
                        .sql("""
                                SELECT count(*) FROM tracker.adoption_conflicts c,
                                  jsonb_populate_record(NULL::public.analytics_pipeline_history, c.row_data) r
                                WHERE r.org_id = ? AND r.pipeline_id = ?
                                """)
                        .params(organization, PIPELINE)
                        .query(Long.class)
                        .single())
                .as("rows that can be had back as they were")
                .isEqualTo(2);
    }

    @Test
    void ofChartsWithoutAColumnTheNewestStays() {
        chart("bar", null, "2026-01-01");
        chart("bar", null, "2026-01-03");
        chart("bar", null, "2026-01-02");
        chart("bar", "x", "2026-01-01");

        migrations().migrateOrAdopt();

        assertThat(database.sql()
                        .sql(
                                "SELECT coalesce(x_column, '-') || generated_at::date FROM analytics_visualizations ORDER BY 1")
                        .query(String.class)
                        .list())
                .containsExactly("-2026-01-03", "x2026-01-01");
        assertThat(conflicts()).hasSize(2);
    }

    /** With CASCADE the rows that refer to it would go, too. */
    @ParameterizedTest
    @ValueSource(strings = {"", "ON DELETE CASCADE", "ON DELETE SET NULL"})
    void rowsThatForeignKeysReferToAreNotMoved(String onDelete) {
        run(PIPELINE, "running", "2026-01-01");
        run(PIPELINE, "completed", "2026-01-02");
        database.sql()
                .sql(
                        "CREATE TABLE notes (run_id int CONSTRAINT notes_of_a_run REFERENCES analytics_pipeline_history %s)"
                                .formatted(onDelete))
                .update();
        note("2026-01-02");
        assertThatCode(() -> migrations().plan(false))
                .as("the newest stays: to refer to it is no hindrance")
                .doesNotThrowAnyException();
        note("2026-01-01");
        String before = rows("analytics_pipeline_history") + rows("notes");

        assertThatExceptionOfType(DatabaseRefusedException.class)
                .isThrownBy(() -> migrations().migrateOrAdopt())
                .withMessageContaining("1 rows of analytics_pipeline_history")
                .withMessageContaining("notes refers to them (constraint notes_of_a_run)")
                .withMessageContaining("Nothing was changed");
        assertThatExceptionOfType(DatabaseRefusedException.class)
                .isThrownBy(() -> migrations().plan(false));
        assertThat(rows("analytics_pipeline_history") + rows("notes")).isEqualTo(before);
        assertThat(hasTrackerSchema()).isFalse();

        database.sql().sql("""
                        UPDATE notes SET run_id = (SELECT id FROM analytics_pipeline_history ORDER BY timestamp DESC LIMIT 1)
                        """).update();
        migrations().migrateOrAdopt();
        assertThat(conflicts()).hasSize(1);
        assertThat(rows("notes").split(" ", -1)).hasSize(2);
    }

    @Test
    void aForeignKeyOfSeveralColumnsIsFollowedByAllOfThem() {
        chart("bar", null, "2026-01-01");
        chart("bar", null, "2026-01-02");
        database.sql()
                .sql("ALTER TABLE analytics_visualizations ADD UNIQUE (org_id, id)")
                .update();
        database.sql().sql("""
                        CREATE TABLE pins (chart int, org uuid, CONSTRAINT pin
                          FOREIGN KEY (org, chart) REFERENCES analytics_visualizations (org_id, id))
                        """).update();
        database.sql()
                .sql("INSERT INTO pins SELECT id, org_id FROM analytics_visualizations")
                .update();

        assertThatExceptionOfType(DatabaseRefusedException.class)
                .isThrownBy(() -> migrations().migrateOrAdopt())
                .withMessageContaining("1 rows of analytics_visualizations")
                .withMessageContaining("(constraint pin)");
    }

    @Test
    void aSecondTimeChangesNothingAndServeTakesItNow() {
        run(PIPELINE, "running", "2026-01-01");
        migrations().migrateOrAdopt();
        List<String> before = allRows();

        migrations().migrateOrAdopt();
        migrations().migrate();

        assertThat(allRows()).isEqualTo(before);
        assertThat(migrations().plan(false)).isEmpty();
    }

    @Test
    void whatABrokenAdoptionLeftIsMadeGood() throws SQLException {
        run(PIPELINE, "running", "2026-01-01");
        run(PIPELINE, "running", "2026-01-02");
        database.sql().sql("CREATE SCHEMA tracker").update();
        try (Connection connection = database.dataSource().getConnection()) {
            assertThatExceptionOfType(SQLException.class)
                    .as("leaves an index that is not valid")
                    .isThrownBy(
                            () -> connection
                                    .createStatement()
                                    .execute(
                                            "CREATE UNIQUE INDEX CONCURRENTLY tracker_run_identity ON analytics_pipeline_history (org_id, pipeline_id, source_id)"));
        }

        migrations().migrateOrAdopt();

        assertThatExceptionOfType(DuplicateKeyException.class).isThrownBy(() -> run(PIPELINE, "running", "2026-01-03"));
    }

    @Test
    void thePlanTellsAllAndDoesNothing() {
        run(PIPELINE, "running", "2026-01-01");
        run(PIPELINE, "running", "2026-01-02");

        List<String> plan = migrations().plan(false);

        assertThat(plan)
                .anyMatch(step -> step.contains("move 1 rows of analytics_pipeline_history"))
                .anyMatch(step -> step.contains("tracker_run_identity"))
                .anyMatch(step -> step.contains("apply migration 3"))
                .noneMatch(step -> step.contains("migration 1") || step.contains("migration 2"));
        assertThat(hasTrackerSchema()).isFalse();
    }

    /** Indexes are built beside writers that the framework has not stopped; nothing that they write is lost. */
    @Test
    void writersGoOnMeanwhile() throws Exception {
        database.sql().sql("""
                        INSERT INTO analytics_pipeline_history (org_id, source_id, source_name, pipeline_id, status, timestamp)
                        SELECT ?, 's', 'S', gen_random_uuid(), 'completed', now() FROM generate_series(1, 50000)
                        """).param(organization).update();
        AtomicBoolean adopted = new AtomicBoolean();
        ExecutorService writer = Executors.newSingleThreadExecutor();
        try {
            Future<Integer> written = writer.submit(() -> {
                int rows = 0;
                while (!adopted.get()) {
                    run(UUID.randomUUID(), "running", "2026-01-01");
                    rows++;
                }
                return rows;
            });

            migrations().migrateOrAdopt();
            adopted.set(true);

            int rows = written.get();
            assertThat(rows).isPositive();
            assertThat(database.sql()
                            .sql("SELECT count(*) FROM analytics_pipeline_history")
                            .query(Integer.class)
                            .single())
                    .isEqualTo(50_000 + rows);
        } finally {
            adopted.set(true);
            writer.shutdown();
        }
    }

    @Test
    void twoAtOnceAreKeptApart() throws SQLException {
        try (Connection other = database.dataSource().getConnection()) {
            other.createStatement().execute("SELECT pg_advisory_lock(4711020262)");

            assertThatExceptionOfType(DatabaseRefusedException.class)
                    .isThrownBy(() -> migrations().migrateOrAdopt())
                    .withMessageContaining("Another migrate");
        }
        assertThatCode(() -> migrations().migrateOrAdopt()).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE analytics_pipeline_history ALTER COLUMN source_id TYPE text",
                "ALTER TABLE analytics_pipeline_history DROP COLUMN error_message",
                "ALTER TABLE analytics_visualizations ADD COLUMN owner text NOT NULL",
                "ALTER TABLE analytics_source_insights DROP CONSTRAINT analytics_source_insights_source_id_org_id_key",
                "ALTER SEQUENCE analytics_visualizations_id_seq RENAME TO other_seq",
                "DROP TABLE analytics_visualizations"
            })
    void whatIsNotSchema20IsRefusedByItsName(String change) {
        database.sql().sql(change).update();

        assertThatExceptionOfType(DatabaseRefusedException.class)
                .isThrownBy(() -> migrations().migrateOrAdopt())
                .withMessageContaining("not schema 2.0")
                .withMessageContaining(change.replaceAll("^\\w+ \\w+ (\\w+?)(_id_seq)?( .*)?$", "$1"));
        assertThat(hasTrackerSchema()).isFalse();
    }

    @Test
    void moreThanSchema20IsNoHindrance() {
        database.sql()
                .sql(
                        "ALTER TABLE analytics_pipeline_history ADD COLUMN note text, ADD COLUMN level int NOT NULL DEFAULT 0")
                .update();

        assertThatCode(() -> migrations().migrateOrAdopt()).doesNotThrowAnyException();
    }

    private Migrations migrations() {
        return new Migrations(database.dataSource());
    }

    private void run(@Nullable UUID pipeline, String status, String at) {
        database.sql()
                .sql("""
                        INSERT INTO analytics_pipeline_history (org_id, source_id, source_name, pipeline_id, status, timestamp)
                        VALUES (?, 's', 'S', ?, ?, ?::timestamp)
                        """)
                .param(organization)
                .param(pipeline)
                .param(status)
                .param(at)
                .update();
    }

    private void note(String timestamp) {
        database.sql()
                .sql("INSERT INTO notes SELECT id FROM analytics_pipeline_history WHERE timestamp = ?::timestamp")
                .param(timestamp)
                .update();
    }

    private void chart(String type, @Nullable String xColumn, String at) {
        database.sql()
                .sql("""
                        INSERT INTO analytics_visualizations (org_id, source_id, chart_type, x_column, chart_config, generated_at)
                        VALUES (?, 's', ?, ?, '{}', ?::timestamp)
                        """)
                .param(organization)
                .param(type)
                .param(xColumn)
                .param(at)
                .update();
    }

    private List<String> allRows() {
        return Schema20.TABLES.stream().map(table -> table + rows(table)).toList();
    }

    /** With xmin: an update that changed nothing would show, too. */
    private String rows(String table) {
        return database.sql()
                .sql("SELECT coalesce(string_agg(t.xmin || ':' || t::text, ' ' ORDER BY t::text), '') FROM public.%s t"
                        .formatted(table))
                .query(String.class)
                .single();
    }

    private List<String> definitions() {
        return database.sql().sql("""
                        SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index
                        WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
                        UNION ALL
                        SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
                        WHERE connamespace = 'public'::regnamespace
                        UNION ALL
                        SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
                        ORDER BY definition
                        """).query(String.class).list();
    }

    private List<String> conflicts() {
        return database.sql().sql("""
                        SELECT concat_ws(' ', table_name, row_data ->> 'status', row_data ->> 'timestamp')
                        FROM tracker.adoption_conflicts ORDER BY 1
                        """).query(String.class).list();
    }

    private boolean hasTrackerSchema() {
        return database.sql()
                .sql("SELECT to_regnamespace('tracker') IS NOT NULL")
                .query(Boolean.class)
                .single();
    }
}

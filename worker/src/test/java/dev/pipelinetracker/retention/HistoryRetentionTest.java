package dev.pipelinetracker.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.Rate;
import dev.pipelinetracker.replay.RefusedException;
import dev.pipelinetracker.replay.StopSignal;
import dev.pipelinetracker.retention.HistoryRetention.Request;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Connection;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which rows go, which stay, and how it can be interrupted, on a real PostgreSQL and in small chunks. */
class HistoryRetentionTest {

    private static final Instant CUTOFF = Instant.parse("2026-03-08T02:30:00Z");

    private final Database database = RealPostgres.freshDatabase();
    private final UUID acme = database.organization("Acme");
    private final UUID globex = database.organization("Globex");
    private final StringWriter out = new StringWriter();
    private final StopSignal stop = StopSignal.installed();

    @AfterEach
    void letTheJvmGo() {
        stop.close();
    }

    @Test
    void onlyFinishedRunsOfTheWorkerThatAreOlderGoToTheMicrosecond() {
        insert(acme, 25, "completed", "2026-03-08T02:29:59.999999", true);
        insert(globex, 3, "failed", "2025-01-01T00:00:00", true);
        insert(acme, 2, "completed", "2026-03-08T02:30:00", true);
        insert(acme, 4, "running", "2025-01-01T00:00:00", true);
        insert(acme, 5, "completed", "2025-01-01T00:00:00", false);

        assertThat(run(request(false, true), null)).isTrue();

        assertThat(out.toString())
                .contains("28 finished runs of before 2026-03-08T02:30:00Z, of 2 organizations")
                .contains("4 open, 5 without a pipeline_id")
                .contains("28 rows deleted");
        assertThat(statuses()).containsExactly("completed 7", "running 4");
    }

    @Test
    void onlyTheGivenOrganizationsRowsGo() {
        insert(acme, 12, "completed", "2025-01-01T00:00:00", true);
        insert(globex, 3, "completed", "2025-01-01T00:00:00", true);

        assertThat(run(new Request(CUTOFF, List.of(globex), Rate.UNLIMITED, false, true), null))
                .isTrue();

        assertThat(statuses()).containsExactly("completed 12");
    }

    @Test
    void anUnknownOrganizationIsRefusedBeforeAnythingGoes() {
        insert(acme, 1, "completed", "2025-01-01T00:00:00", true);

        assertThatThrownBy(() ->
                        run(new Request(CUTOFF, List.of(acme, UUID.randomUUID()), Rate.UNLIMITED, false, true), null))
                .isInstanceOf(RefusedException.class);
        assertThat(statuses()).containsExactly("completed 1");
    }

    @Test
    void aDryRunAndANoDeleteNothing() {
        insert(acme, 12, "completed", "2025-01-01T00:00:00", true);

        assertThat(run(request(true, false), null)).isTrue();
        assertThat(out.toString()).contains("would delete 12 finished runs").doesNotContain("deleted");
        assertThatThrownBy(() -> run(request(false, false), null)).isInstanceOf(RefusedException.class);
        assertThatThrownBy(() -> run(request(false, false), "n\n")).isInstanceOf(RefusedException.class);
        assertThat(statuses()).containsExactly("completed 12");

        assertThat(run(request(false, false), "y\n")).isTrue();
        assertThat(statuses()).isEmpty();
    }

    @Test
    void aStopEndsItAfterAChunkAndTheNextRunGoesOn() {
        insert(acme, 35, "completed", "2025-01-01T00:00:00", true);
        database.sql().sql("""
                CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END $$;
                CREATE TRIGGER slow AFTER DELETE ON analytics_pipeline_history FOR EACH STATEMENT EXECUTE FUNCTION slow()
                """).update();
        Thread operator = new Thread(() -> {
            org.awaitility.Awaitility.await().until(() -> rows() < 35);
            stop.stop();
        });
        operator.start();

        assertThat(run(request(false, true), null)).isFalse();
        assertThat(rows()).isBetween(1L, 34L);
        assertThat(rows() % 5).as("whole chunks of 10").isZero();

        try (StopSignal again = StopSignal.installed()) {
            assertThat(retention().run(request(false, true), operator(null), again))
                    .isTrue();
        }
        assertThat(rows()).isZero();
    }

    @Test
    void aRowThatSomebodyHasLockedIsLeftToTheNextRunAndNotWaitedFor() throws Exception {
        insert(acme, 12, "completed", "2025-01-01T00:00:00", true);
        try (Connection other = database.dataSource().getConnection()) {
            other.setAutoCommit(false);
            other.createStatement().execute("SELECT FROM analytics_pipeline_history ORDER BY id LIMIT 1 FOR UPDATE");

            assertThat(run(request(false, true), null)).isTrue();

            assertThat(rows()).isEqualTo(1);
            other.rollback();
        }
        assertThat(run(request(false, true), null)).isTrue();
        assertThat(rows()).isZero();
    }

    @Test
    void machinesAreToldHowItEnded() {
        insert(acme, 12, "completed", "2025-01-01T00:00:00", true);
        Operator machine = new Operator(new PrintWriter(out, true), new PrintWriter(new StringWriter()), null, true);

        assertThat(retention().run(request(false, true), machine, stop)).isTrue();

        assertThat(out.toString().lines().toList().get(1))
                .contains("\"kind\":\"end\"")
                .contains("\"status\":\"done\"")
                .contains("\"deleted\":12");
    }

    @Test
    void anAgeIsWholeDaysAndAtLeastOne() {
        assertThat(Age.parse("90d").before(Instant.parse("2026-04-01T00:00:00Z")))
                .isEqualTo(Instant.parse("2026-01-01T00:00:00Z"));
        for (String none : List.of("", "0d", "-1d", "90", "1h", "d", "999999d")) {
            assertThatThrownBy(() -> Age.parse(none)).as(none).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private boolean run(Request request, @Nullable String answers) {
        return retention().run(request, operator(answers), stop);
    }

    private HistoryRetention retention() {
        return new HistoryRetention(database.dataSource(), 10);
    }

    private Operator operator(@Nullable String answers) {
        return new Operator(
                new PrintWriter(out, true),
                new PrintWriter(new StringWriter()),
                answers == null ? null : new BufferedReader(new StringReader(answers)),
                false);
    }

    private static Request request(boolean dryRun, boolean yes) {
        return new Request(CUTOFF, List.of(), Rate.UNLIMITED, dryRun, yes);
    }

    private void insert(UUID organization, int rows, String status, String timestamp, boolean ours) {
        database.sql()
                .sql("""
                        INSERT INTO analytics_pipeline_history (org_id, source_id, source_name, pipeline_id, status, timestamp)
                        SELECT ?::uuid, 's', 'S', CASE WHEN ? THEN gen_random_uuid() END, ?, ?::timestamp
                        FROM generate_series(1, ?)
                        """)
                .params(organization, ours, status, timestamp, rows)
                .update();
    }

    private List<String> statuses() {
        return database.sql()
                .sql("SELECT status || ' ' || count(*) FROM analytics_pipeline_history GROUP BY status ORDER BY status")
                .query(String.class)
                .list();
    }

    private long rows() {
        return database.sql()
                .sql("SELECT count(*) FROM analytics_pipeline_history")
                .query(Long.class)
                .single();
    }
}

package dev.pipelinetracker.runs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is read from the table of runs, of a database whose sessions are not in UTC. */
class RunMetersTest {

    /** Seconds between an insert and the reading, at most. */
    private static final double SOON = 30;

    private final Database database = RealPostgres.freshDatabase();
    private final UUID organization = database.organization("Meters");
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final RunMeters meters = new RunMeters(registry, database.sql());

    @BeforeEach
    void aRunThatEndedLongAgo() {
        row("completed", UUID.randomUUID(), Duration.ofDays(400));
    }

    @Test
    void withoutAnOpenRunBothAreZero() {
        meters.readOpenRuns();

        assertThat(gauge("tracker.open.runs")).isZero();
        assertThat(gauge("tracker.oldest.open.run.age")).isZero();
    }

    @Test
    void theAgeIsThatOfTheOldestAndItsEndBringsItDown() {
        UUID oldest = UUID.randomUUID();
        row("running", oldest, Duration.ofHours(7));
        row("running", UUID.randomUUID(), Duration.ofMinutes(5));

        meters.readOpenRuns();
        assertThat(gauge("tracker.open.runs")).isEqualTo(2);
        assertThat(gauge("tracker.oldest.open.run.age")).isCloseTo(7 * 3600, within(SOON));

        database.sql()
                .sql("UPDATE analytics_pipeline_history SET status = 'failed' WHERE pipeline_id = ?")
                .param(oldest)
                .update();
        meters.readOpenRuns();
        assertThat(gauge("tracker.open.runs")).isEqualTo(1);
        assertThat(gauge("tracker.oldest.open.run.age")).isCloseTo(5 * 60, within(SOON));
    }

    /** An adopted table may hold such rows, which no event will ever end: the alert would never be silent again. */
    @Test
    void aRowWithoutAPipelineIdHasNoAge() {
        row("running", null, Duration.ofDays(90));

        meters.readOpenRuns();

        assertThat(gauge("tracker.open.runs")).isEqualTo(1);
        assertThat(gauge("tracker.oldest.open.run.age")).isZero();
    }

    @Test
    void aPublisherWhoseClockIsAheadMakesNoNegativeAge() {
        row("running", UUID.randomUUID(), Duration.ofHours(-1));

        meters.readOpenRuns();

        assertThat(gauge("tracker.oldest.open.run.age")).isZero();
    }

    @Test
    void nothingButTheIndexOfOpenRunsIsRead() {
        database.sql().sql("""
                        INSERT INTO analytics_pipeline_history (org_id, source_id, source_name, pipeline_id, status, timestamp)
                        SELECT ?, 's', 'S', gen_random_uuid(), 'completed', '2025-01-01' FROM generate_series(1, 10000)
                        """).param(organization).update();
        database.sql().sql("ANALYZE analytics_pipeline_history").update();

        String plan = String.join(
                "\n",
                database.sql()
                        .sql("EXPLAIN " + RunMeters.OPEN_RUNS)
                        .query(String.class)
                        .list());

        assertThat(plan).contains("tracker_open_runs").doesNotContain("Seq Scan");
    }

    private void row(String status, @Nullable UUID pipeline, Duration ago) {
        database.sql()
                .sql(
                        "INSERT INTO analytics_pipeline_history (org_id, source_id, source_name, pipeline_id, status, timestamp) VALUES (?, 's', 'S', ?, ?, ?)")
                .param(organization)
                .param(pipeline)
                .param(status)
                .param(LocalDateTime.ofInstant(Instant.now().minus(ago), ZoneOffset.UTC))
                .update();
    }

    private double gauge(String name) {
        return registry.get(name).gauge().value();
    }
}

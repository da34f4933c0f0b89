package dev.pipelinetracker.runs;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.RunType;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** The runs' own meters: counted once per change of a row, so that a replay moves none of them. */
@Component
class RunMeters {

    private static final Logger log = LoggerFactory.getLogger(RunMeters.class);
    private static final Duration[] DURATION_BUCKETS = DoubleStream.of(1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400)
            .mapToObj(seconds -> Duration.ofSeconds((long) seconds))
            .toArray(Duration[]::new);

    static final String OPEN_RUNS = """
            SELECT count(*) AS open,
                   greatest(0, coalesce(extract(epoch FROM statement_timestamp() AT TIME ZONE 'UTC'
                       - min("timestamp") FILTER (WHERE pipeline_id IS NOT NULL AND isfinite("timestamp"))), 0)) AS oldest
            FROM analytics_pipeline_history
            WHERE status = 'running'
            """;

    private record Meters(Counter runs, Timer duration) {}

    /** What is open in the table: how many, and the seconds since the oldest one's last event. */
    private record OpenRuns(long count, double oldestSeconds) {}

    private final Map<RunStatus, Map<@Nullable RunType, Meters>> meters = new EnumMap<>(RunStatus.class);
    private volatile OpenRuns openRuns = new OpenRuns(0, 0);
    private final JdbcClient database;

    RunMeters(MeterRegistry registry, JdbcClient database) {
        this.database = database;
        List<@Nullable RunType> types = new ArrayList<>(List.of(RunType.values()));
        types.add(null);
        for (RunStatus status : RunStatus.values()) {
            Map<@Nullable RunType, Meters> ofStatus = new HashMap<>();
            types.forEach(type -> ofStatus.put(type, register(registry, status, type)));
            meters.put(status, ofStatus);
        }
        Gauge.builder("tracker.open.runs", () -> openRuns.count())
                .description("Runs whose newest state is running, of all organizations, read from the table")
                .register(registry);
        Gauge.builder("tracker.oldest.open.run.age", () -> openRuns.oldestSeconds())
                .description(
                        "Time since the last event of the run that has been open longest, read from the table; 0 without one")
                .baseUnit("seconds")
                .register(registry);
    }

    void changed(PipelineRun run) {
        Meters changed = meters.getOrDefault(run.getStatus(), Map.of()).get(run.getRunType());
        if (changed != null) {
            changed.runs().increment();
            // the rules allow any finite number of seconds; a duration counts nanoseconds, up to 292 years
            long millis = (long) Math.min(run.getDurationSeconds() * 1000, 9e12);
            changed.duration().record(millis, TimeUnit.MILLISECONDS);
        }
    }

    /**
     * From the partial index {@code tracker_open_runs}; keeps what was read last while the database is away. The age leaves out
     * rows without a pipeline_id: they are not the worker's, and no event will ever end one. An age below zero is a publisher's
     * clock that is ahead.
     */
    @Scheduled(fixedDelayString = "${tracker.gauges-interval:15s}")
    void readOpenRuns() {
        try {
            openRuns = database.sql(OPEN_RUNS)
                    .query((row, number) -> new OpenRuns(row.getLong("open"), row.getDouble("oldest")))
                    .single();
        } catch (DataAccessException e) {
            log.debug("open runs not read: {}", e.getClass().getSimpleName());
        }
    }

    private static Meters register(MeterRegistry registry, RunStatus status, @Nullable RunType type) {
        String typeLabel = type == null ? "none" : String.valueOf(PipelineRuns.storedName(type));
        Tags tags = Tags.of("status", status.name(), "run_type", typeLabel);
        return new Meters(
                Counter.builder("tracker.runs")
                        .description("Changes of a run's row, by the state it changed to")
                        .tags(tags)
                        .register(registry),
                Timer.builder("tracker.run.duration")
                        .description("Duration reported by a run, at each change of its row")
                        .tags(tags)
                        .serviceLevelObjectives(DURATION_BUCKETS)
                        .register(registry));
    }
}

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
import java.util.concurrent.atomic.AtomicLong;
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

    private record Meters(Counter runs, Timer duration) {}

    private final Map<RunStatus, Map<@Nullable RunType, Meters>> meters = new EnumMap<>(RunStatus.class);
    private final AtomicLong openRuns = new AtomicLong();
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
        Gauge.builder("tracker.open.runs", openRuns, AtomicLong::get)
                .description("Runs whose newest state is running, of all organizations, read from the table")
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

    /** From the partial index {@code tracker_open_runs}; keeps the last count while the database is away. */
    @Scheduled(fixedDelayString = "${tracker.gauges-interval:15s}")
    void countOpenRuns() {
        try {
            openRuns.set(database.sql("SELECT count(*) FROM analytics_pipeline_history WHERE status = 'running'")
                    .query(Long.class)
                    .single());
        } catch (DataAccessException e) {
            log.debug("open runs not counted: {}", e.getClass().getSimpleName());
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

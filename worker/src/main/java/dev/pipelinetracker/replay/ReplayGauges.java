package dev.pipelinetracker.replay;

import dev.pipelinetracker.engine.Processors;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * The replays' meters, read from {@code tracker.replays} by every worker: a replay may run as a job that nobody scrapes and
 * that ends before anybody could. So take the maximum over workers, not the sum.
 */
@Component
class ReplayGauges {

    private static final Logger log = LoggerFactory.getLogger(ReplayGauges.class);
    private static final List<String> OUTCOMES = List.of("inserted", "updated", "unchanged", "rejected", "skipped");

    /** A redrive cannot be resumed: whatever is left of it is open still. */
    private static final String SQL = """
            SELECT f.feed, coalesce(sum(r.inserted), 0) AS inserted, coalesce(sum(r.updated), 0) AS updated,
                   coalesce(sum(r.unchanged), 0) AS unchanged, coalesce(sum(r.skipped), 0) AS skipped,
                   coalesce(sum((SELECT sum(value::int8) FROM jsonb_each_text(r.rejected))), 0) AS rejected,
                   count(*) FILTER (WHERE r.topic NOT LIKE '%.dlt'
                                    AND (r.status IN ('failed', 'stopped') OR (r.status = 'running' AND NOT f.held))) AS unfinished,
                   coalesce(extract(epoch FROM max(r.ended_at) FILTER (WHERE r.status = 'done')), 0) AS done_at,
                   f.held::int AS running
            FROM (
              SELECT n.feed, EXISTS (
                SELECT FROM pg_locks l
                WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid::int8 = ?
                  AND l.objid::int8 = hashtext(n.feed)::int8 & 4294967295
                  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS held
              FROM unnest(?::text[]) AS n (feed)
            ) f
            LEFT JOIN tracker.replays r ON r.feed = f.feed
            GROUP BY f.feed, f.held
            """;

    private final JdbcClient sql;
    private final String[] feeds;
    private final Map<String, Map<String, Double>> values = new ConcurrentHashMap<>();

    ReplayGauges(Processors processors, DataSource database, MeterRegistry registry) {
        this.sql = JdbcClient.create(database);
        this.feeds = processors.all().stream()
                .map(processor -> processor.feed().name())
                .toArray(String[]::new);
        for (String feed : feeds) {
            register(feed, registry);
        }
    }

    /** Keeps the last values while the database is away. */
    @Scheduled(fixedDelayString = "${tracker.gauges-interval:15s}")
    void read() {
        try {
            sql.sql(SQL)
                    .params(FeedLock.SPACE, feeds)
                    .query((row, n) -> {
                        Map<String, Double> found = new ConcurrentHashMap<>();
                        for (String column : OUTCOMES) {
                            found.put(column, row.getDouble(column));
                        }
                        found.put("running", row.getDouble("running"));
                        found.put("unfinished", row.getDouble("unfinished"));
                        found.put("done_at", row.getDouble("done_at"));
                        values.put(row.getString("feed"), found);
                        return row.getString("feed");
                    })
                    .list();
        } catch (DataAccessException e) {
            log.debug("replays not read: {}", e.getClass().getSimpleName());
        }
    }

    private void register(String feed, MeterRegistry registry) {
        Tags tags = Tags.of("feed", feed);
        for (String outcome : OUTCOMES) {
            FunctionCounter.builder("tracker.replay.records", this, gauges -> gauges.value(feed, outcome))
                    .description(
                            "Records that replays and redrives read, by what became of them; from the database, the same in every worker")
                    .tags(tags.and("outcome", outcome))
                    .register(registry);
        }
        Gauge.builder("tracker.replay.unfinished", this, gauges -> gauges.value(feed, "unfinished"))
                .description(
                        "Replays that failed or were interrupted, and were not resumed; from the database, the same in every worker")
                .tags(tags)
                .register(registry);
        Gauge.builder("tracker.replay.running", this, gauges -> gauges.value(feed, "running"))
                .description(
                        "1 while a replay or redrive of the feed runs, else 0; from the database, the same in every worker")
                .tags(tags)
                .register(registry);
        Gauge.builder("tracker.replay.last.done.timestamp", this, gauges -> gauges.value(feed, "done_at"))
                .description("When a replay or redrive was last done, Unix time; 0 before the first")
                .baseUnit("seconds")
                .tags(tags)
                .register(registry);
    }

    private double value(String feed, String name) {
        return values.getOrDefault(feed, Map.of()).getOrDefault(name, 0.0);
    }
}

package dev.pipelinetracker.retention;

import dev.pipelinetracker.database.Blinding;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.Rate;
import dev.pipelinetracker.replay.RefusedException;
import dev.pipelinetracker.replay.Requester;
import dev.pipelinetracker.replay.StopSignal;
import dev.pipelinetracker.retention.History.Chunk;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Deletes finished runs that are older than an age: organization by organization, in chunks that are each a transaction, so
 * that memory, locks and WAL per commit are bounded however much there is. Whatever was deleted before a stop or a fault
 * stays deleted; the next run goes on. What it did stands in the log. A replay of events from before the age would bring
 * their rows back.
 */
public final class HistoryRetention {

    private static final Logger log = LoggerFactory.getLogger(HistoryRetention.class);
    private static final int CHUNK = 2_000;
    private static final int PAGE = 1_000;

    private final History history;
    private final Blinding blinding;
    private final int chunk;

    /** @param database of a role that may DELETE from analytics_pipeline_history */
    public HistoryRetention(DataSource database) {
        this(database, CHUNK);
    }

    HistoryRetention(DataSource database, int chunk) {
        this.history = new History(database);
        this.blinding = new Blinding(JdbcClient.create(database));
        this.chunk = chunk;
    }

    /**
     * What a run is to do.
     *
     * @param before rows with an earlier timestamp are old
     * @param organizations only of these; empty for all
     * @param dryRun count and show, and delete nothing
     * @param yes do not ask
     */
    public record Request(Instant before, List<UUID> organizations, Rate rate, boolean dryRun, boolean yes) {}

    /**
     * Shows what would go, asks, and deletes it.
     *
     * @return whether it came to its end; false if it was stopped
     * @throws RefusedException if an organization is unknown, or nobody said yes
     * @throws dev.pipelinetracker.database.DatabaseRefusedException if row-level security hides all rows from this login
     * @throws org.springframework.dao.DataAccessException if the database does not do it; chunks committed before stay
     */
    public boolean run(Request request, Operator operator, StopSignal stop) {
        blinding.refuseThisLogin();
        request.organizations().stream()
                .filter(organization -> !history.isKnown(organization))
                .findFirst()
                .ifPresent(unknown -> {
                    throw new RefusedException("no organization has the id " + unknown + ". Check --org.");
                });
        LocalDateTime cutoff = LocalDateTime.ofInstant(request.before(), ZoneOffset.UTC);
        Expired[] expired = {Expired.NONE};
        forEach(
                request.organizations(),
                stop,
                organization -> expired[0] = expired[0].plus(history.count(organization, cutoff)));
        if (stop.isWanted()) {
            return false;
        }
        show(operator, request, expired[0]);
        if (request.dryRun() || expired[0].rows() == 0) {
            return true;
        }
        operator.confirm("Delete %,d rows for good?".formatted(expired[0].rows()), request.yes());
        return delete(request, cutoff, expired[0], operator, stop);
    }

    private boolean delete(Request request, LocalDateTime cutoff, Expired expired, Operator operator, StopSignal stop) {
        stop.workBegins();
        log.info(
                "Retention by {}: deleting {} rows of before {}, organizations: {}",
                Requester.name(),
                expired.rows(),
                request.before(),
                request.organizations().isEmpty() ? "all" : request.organizations());
        long start = System.nanoTime();
        long[] deleted = {0};
        int most = request.rate().batch(chunk);
        try {
            forEach(request.organizations(), stop, organization -> {
                Chunk last = Chunk.FIRST;
                do {
                    last = history.delete(organization, last, cutoff, most);
                    deleted[0] += last.rows();
                    stop.sleep(ahead(request.rate(), deleted[0], start));
                } while (last.rows() == most && !stop.isWanted());
            });
        } finally {
            log.info(
                    "Retention by {}: {} {} rows of before {}",
                    Requester.name(),
                    stop.isWanted() ? "stopped after" : "deleted",
                    deleted[0],
                    request.before());
        }
        operator.show(
                "end",
                Map.of("status", stop.isWanted() ? "stopped" : "done", "deleted", deleted[0]),
                "%,d rows deleted%s".formatted(deleted[0], stop.isWanted() ? ", then stopped; run it again" : ""));
        return !stop.isWanted();
    }

    /** How long so many rows should have taken, less what they took; zero or less if that is over. */
    private static Duration ahead(Rate rate, long rows, long start) {
        double seconds = rate.recordsPerSecond() == 0 ? 0 : rows / rate.recordsPerSecond();
        return Duration.ofNanos((long) (seconds * 1e9) - (System.nanoTime() - start));
    }

    private static void show(Operator operator, Request request, Expired expired) {
        Map<String, Object> plan = new LinkedHashMap<>();
        plan.put("before", request.before().toString());
        plan.putAll(expired.asMap());
        plan.put("dry_run", request.dryRun());
        operator.show(
                "plan",
                plan,
                "%s%,d finished runs of before %s, of %,d organizations; stay: %,d open, %,d without a pipeline_id"
                        .formatted(
                                request.dryRun() ? "would delete " : "",
                                expired.rows(),
                                request.before(),
                                expired.organizations(),
                                expired.open(),
                                expired.foreign()));
    }

    /** All organizations by pages, or the given ones; ends early when a stop is wanted. */
    private void forEach(List<UUID> given, StopSignal stop, Consumer<UUID> action) {
        List<UUID> page = given.isEmpty() ? history.organizations(null, PAGE) : given;
        while (!page.isEmpty()) {
            for (UUID organization : page) {
                if (stop.isWanted()) {
                    return;
                }
                action.accept(organization);
            }
            page = given.isEmpty() ? history.organizations(page.get(page.size() - 1), PAGE) : List.of();
        }
    }
}

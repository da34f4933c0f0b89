package dev.pipelinetracker.local;

import dev.pipelinetracker.events.InsightOrigin;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.RunType;
import dev.pipelinetracker.events.SourceInsight;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.apache.avro.specific.SpecificRecord;

/**
 * Makes up what the organizations' jobs would publish: runs that start, go on and end, now and then insights and charts.
 * The same random numbers and times give the same events. Not safe for use by several threads.
 */
final class BelievableEvents {

    private static final double SHARE_OF_INSIGHTS = 0.05;
    private static final double SHARE_OF_CHARTS = 0.06;
    private static final double SHARE_OF_FAILURES = 0.12;
    private static final int MOST_OPEN_RUNS = 40;
    private static final int MOST_STEPS = 9;

    private static final List<String> ERRORS = List.of(
            "Connection to the source timed out after 30 s",
            "Row 18204: column 3 is not a number",
            "HTTP 503 from the source's API, 5 attempts",
            "Disk quota exceeded while spilling a sort",
            "Schema drift: column \"région\" is gone",
            "Embedding model refused the batch: too many tokens");

    private final List<DemoOrganization> organizations;
    private final RandomGenerator random;
    private final BelievableCharts charts;
    private final List<OpenRun> open = new ArrayList<>();
    private final Map<DemoSource, Integer> insightsSoFar = new HashMap<>();

    BelievableEvents(List<DemoOrganization> organizations, RandomGenerator random) {
        this.organizations = List.copyOf(organizations);
        this.random = random;
        this.charts = new BelievableCharts(random);
    }

    /** @param now the time of the event; a run's own events are a microsecond apart at least */
    SpecificRecord next(Instant now) {
        double kind = random.nextDouble();
        if (kind < SHARE_OF_INSIGHTS) {
            return insight(now);
        }
        if (kind < SHARE_OF_INSIGHTS + SHARE_OF_CHARTS) {
            DemoOrganization organization = any(organizations);
            return charts.draw(organization, any(organization.sources()), now.truncatedTo(ChronoUnit.MICROS));
        }
        if (open.isEmpty() || (open.size() < MOST_OPEN_RUNS && random.nextInt(6) == 0)) {
            OpenRun run = new OpenRun(now);
            open.add(run);
            return run.event(RunStatus.running, now);
        }
        OpenRun run = any(open);
        return run.stepsLeft > 0 ? run.goOn(now) : end(run, now);
    }

    /** Ends all runs, as when their scheduler is stopped: otherwise they would stay open for ever. */
    List<SpecificRecord> cancelAll(Instant now) {
        List<SpecificRecord> ends = new ArrayList<>();
        for (OpenRun run : open) {
            ends.add(run.fail("Cancelled: the scheduler was stopped", now));
        }
        open.clear();
        return ends;
    }

    int openRuns() {
        return open.size();
    }

    private SpecificRecord end(OpenRun run, Instant now) {
        open.remove(run);
        return random.nextDouble() < SHARE_OF_FAILURES
                ? run.fail(any(ERRORS), now)
                : run.event(RunStatus.completed, now);
    }

    /** The first insights of a source come from the documents at hand, later ones from the data themselves, mostly. */
    private SourceInsight insight(Instant now) {
        DemoOrganization organization = any(organizations);
        DemoSource source = any(organization.sources());
        boolean early = insightsSoFar.merge(source, 1, Integer::sum) <= 2;
        String top = any(source.categories());
        int change = random.nextInt(3, 30);
        return SourceInsight.newBuilder()
                .setOrgId(organization.id())
                .setSourceId(source.id())
                .setSourceName(source.name())
                .setSourceIcon(source.icon())
                .setDataSummary("%s brought %d %s. Most belong to %s; %s is where it was a week ago."
                        .formatted(source.name(), source.typicalRecords(), source.unit(), top, source.measure()))
                .setInsights(List.of(
                        "%s is up %d%% on last week, driven by %s.".formatted(source.measure(), change, top),
                        "%d%% of the %s arrive after 18:00 UTC.".formatted(change + 5, source.unit()),
                        "%s has gaps in %s; check the export.".formatted(top, source.category())))
                .setRecordsAnalyzed(source.typicalRecords())
                .setGeneratedFrom(early || random.nextInt(7) == 0 ? InsightOrigin.rag : InsightOrigin.etl)
                .setGeneratedAt(now.truncatedTo(ChronoUnit.MICROS))
                .build();
    }

    private <T> T any(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    private final class OpenRun {

        private final DemoOrganization organization = any(organizations);
        private final DemoSource source = any(organization.sources());
        private final RunType type = any(List.of(RunType.etl, RunType.etl, RunType.rag, RunType.etl_rag));
        private final UUID id;
        private final Instant start;
        private Instant last;
        private int stepsLeft = random.nextInt(1, MOST_STEPS + 1);
        private long records;

        OpenRun(Instant start) {
            this.id = timeOrdered(start);
            this.start = start.truncatedTo(ChronoUnit.MICROS);
            this.last = this.start.minus(1, ChronoUnit.MICROS);
        }

        PipelineRun goOn(Instant now) {
            stepsLeft--;
            records += random.nextInt(1, source.typicalRecords() / MOST_STEPS * 2);
            return event(RunStatus.running, now);
        }

        PipelineRun fail(String error, Instant now) {
            PipelineRun event = event(RunStatus.failed, now);
            event.setErrorMessage(error);
            return event;
        }

        PipelineRun event(RunStatus status, Instant now) {
            Instant reached = now.truncatedTo(ChronoUnit.MICROS);
            last = reached.isAfter(last) ? reached : last.plus(1, ChronoUnit.MICROS);
            return PipelineRun.newBuilder()
                    .setOrgId(organization.id())
                    .setPipelineId(id)
                    .setSourceId(source.id())
                    .setSourceName(source.name())
                    .setStatus(status)
                    .setRecordsProcessed(records)
                    .setDurationSeconds(Duration.between(start, last).toNanos() / 1e9)
                    .setRunType(type)
                    .setTimestamp(last)
                    .build();
        }
    }

    /** A UUID of version 7 (RFC 9562): milliseconds first, so that a database's index grows at its end. */
    private UUID timeOrdered(Instant time) {
        long high = time.toEpochMilli() << 16 | 0x7000 | random.nextLong(0x1000);
        long low = 0x8000_0000_0000_0000L | random.nextLong() >>> 2;
        return new UUID(high, low);
    }
}

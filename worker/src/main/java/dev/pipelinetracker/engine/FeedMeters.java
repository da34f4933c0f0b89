package dev.pipelinetracker.engine;

import dev.pipelinetracker.engine.Outcome.Reason;
import dev.pipelinetracker.engine.Outcome.Rejected;
import dev.pipelinetracker.engine.Outcome.Stored;
import dev.pipelinetracker.engine.WorldFault.Cause;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * All meters of one feed, registered at zero when it is made. Names and labels are the contract's; {@code
 * exposition.txt} beside the tests shows how Prometheus sees them.
 */
public final class FeedMeters {

    private static final Duration[] LATENCY_BUCKETS =
            seconds(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200);
    private static final Duration[] PHASE_BUCKETS =
            seconds(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30);
    private static final double[] BATCH_BUCKETS = {1, 10, 100, 500, 1_000, 2_000, 5_000, 10_000};

    private final MeterRegistry registry;
    private final Tags tags;
    private final Map<Stored, Counter> stored = new EnumMap<>(Stored.class);
    private final Map<Reason, Counter> rejections = new EnumMap<>(Reason.class);
    private final Map<Cause, Counter> retries = new EnumMap<>(Cause.class);
    private final Map<Phase, Timer> phases = new EnumMap<>(Phase.class);
    private final Counter rejected;
    private final Timer latency;
    private final DistributionSummary batch;
    private final Counter lost;
    private final BusiestOrganizations busiest;
    private final AtomicLong lastCommitMillis = new AtomicLong();

    /** A part of the work on a batch. */
    enum Phase {
        DECODE,
        WRITE,
        REJECT
    }

    FeedMeters(String feed, MeterRegistry registry, BusiestOrganizations busiest) {
        this.registry = registry;
        this.busiest = busiest;
        this.tags = Tags.of("feed", feed);
        for (Stored outcome : Stored.values()) {
            stored.put(outcome, events(Labels.of(outcome)));
        }
        this.rejected = events("rejected");
        for (Reason reason : Reason.values()) {
            rejections.put(
                    reason,
                    Counter.builder("tracker.rejections")
                            .description("Records sent to the dead-letter topic")
                            .tags(tags.and("reason", reason.label()))
                            .register(registry));
        }
        for (Cause cause : Cause.values()) {
            retries.put(
                    cause,
                    Counter.builder("tracker.retries")
                            .description("Batches put back to be delivered again, because the world was at fault")
                            .tags(tags.and("cause", cause.label()))
                            .register(registry));
        }
        for (Phase phase : Phase.values()) {
            phases.put(
                    phase,
                    Timer.builder("tracker.batch")
                            .description("Time that a phase of a batch took")
                            .tags(tags.and("phase", Labels.of(phase)))
                            .serviceLevelObjectives(PHASE_BUCKETS)
                            .register(registry));
        }
        this.latency = Timer.builder("tracker.event.latency")
                .description("From a record's timestamp to the commit of its row")
                .tags(tags)
                .serviceLevelObjectives(LATENCY_BUCKETS)
                .register(registry);
        this.batch = DistributionSummary.builder("tracker.batch.records")
                .description("Records in a polled batch")
                .tags(tags)
                .serviceLevelObjectives(BATCH_BUCKETS)
                .register(registry);
        this.lost = Counter.builder("tracker.offsets.gone")
                .description("Offsets that the broker deleted before this worker had processed them")
                .tags(tags)
                .register(registry);
        Gauge.builder("tracker.last.commit.timestamp", lastCommitMillis, millis -> millis.get() / 1000.0)
                .description("When a batch was last committed, Unix time; 0 before the first")
                .baseUnit("seconds")
                .tags(tags)
                .register(registry);
    }

    /** Registers the gauges of whoever consumes the feed live. */
    public <T> void live(
            T source, ToDoubleFunction<T> lagRecords, ToDoubleFunction<T> lagSeconds, ToDoubleFunction<T> paused) {
        Gauge.builder("tracker.lag.records", source, lagRecords)
                .description("Records in this worker's partitions that are not yet processed")
                .tags(tags)
                .register(registry);
        Gauge.builder("tracker.lag", source, lagSeconds)
                .description("Age of the oldest record in this worker's partitions that is not yet processed")
                .baseUnit("seconds")
                .tags(tags)
                .register(registry);
        Gauge.builder("tracker.paused", source, paused)
                .description("1 while a batch waits because the world is at fault, else 0")
                .tags(tags)
                .register(registry);
    }

    /** Counts a batch that is put back to be delivered again. */
    public void retried(Cause cause) {
        count(retries, cause);
    }

    /** Counts offsets that were deleted before they were processed. */
    public void lost(long offsets) {
        lost.increment((double) offsets);
    }

    void time(Phase phase, Runnable work) {
        long start = System.nanoTime();
        work.run();
        Timer timer = phases.get(phase);
        if (timer != null) {
            timer.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
        }
    }

    /** Counts a batch whose outcomes are all durable. */
    void settled(List<ConsumerRecord<byte[], byte[]>> polled, Outcome[] outcomes, long committedAtMillis) {
        for (int i = 0; i < outcomes.length; i++) {
            if (outcomes[i] instanceof Rejected why) {
                rejected.increment();
                count(rejections, why.reason());
            } else {
                count(stored, (Stored) outcomes[i]);
                // a publisher's clock may be ahead of ours
                long age = Math.max(0, committedAtMillis - polled.get(i).timestamp());
                latency.record(age, TimeUnit.MILLISECONDS);
                busiest.count(polled.get(i).key());
            }
        }
        batch.record(polled.size());
        lastCommitMillis.set(committedAtMillis);
    }

    private Counter events(String outcome) {
        return Counter.builder("tracker.events")
                .description("Polled records by what became of them")
                .tags(tags.and("outcome", outcome))
                .register(registry);
    }

    private static <T> void count(Map<T, Counter> counters, T label) {
        Counter counter = counters.get(label);
        if (counter != null) {
            counter.increment();
        }
    }

    private static Duration[] seconds(double... seconds) {
        Duration[] buckets = new Duration[seconds.length];
        for (int i = 0; i < seconds.length; i++) {
            buckets[i] = Duration.ofNanos(Math.round(seconds[i] * 1e9));
        }
        return buckets;
    }
}

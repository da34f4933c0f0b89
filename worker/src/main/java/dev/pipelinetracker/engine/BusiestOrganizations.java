package dev.pipelinetracker.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Map.Entry;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Which organizations have the most records in this worker, by choice: never more series than were asked for, and those of
 * the last interval only. Counts 10,000 organizations an interval at most: a busy one is among the first.
 */
@Component
class BusiestOrganizations {

    private static final int MOST_SHOWN = 100;
    private static final int MOST_COUNTED = 10_000;

    private final int shown;
    private final MultiGauge gauge;
    private volatile Map<String, LongAdder> records = new ConcurrentHashMap<>();
    private long since = System.nanoTime();

    /** @param shown 0 for none; throws IllegalArgumentException if that is not 0 to 100 */
    BusiestOrganizations(@Value("${tracker.metrics.top-organizations:0}") int shown, MeterRegistry registry) {
        if (shown < 0 || shown > MOST_SHOWN) {
            throw new IllegalArgumentException(
                    "tracker.metrics.top-organizations must be 0 to %d, not %d".formatted(MOST_SHOWN, shown));
        }
        this.shown = shown;
        this.gauge = MultiGauge.builder("tracker.busiest.organizations")
                .description("Records a second of the busiest organizations in this worker, the rejected ones aside")
                .baseUnit("records_per_second")
                .register(registry);
    }

    /** A record with that key was not rejected, so the key is an organization's id. */
    void count(byte[] key) {
        if (shown == 0) {
            return;
        }
        String organization = new String(key, ISO_8859_1).toLowerCase(Locale.ROOT);
        Map<String, LongAdder> counted = records;
        LongAdder known = counted.get(organization);
        if (known != null) {
            known.increment();
        } else if (counted.size() < MOST_COUNTED) {
            counted.computeIfAbsent(organization, any -> new LongAdder()).increment();
        }
    }

    @Scheduled(fixedRateString = "${tracker.gauges-interval:15s}")
    void show() {
        if (shown == 0) {
            return;
        }
        Map<String, LongAdder> counted = records;
        records = new ConcurrentHashMap<>();
        long now = System.nanoTime();
        double seconds = (now - since) / 1e9;
        since = now;
        List<MultiGauge.Row<?>> busiest = counted.entrySet().stream()
                .sorted(Comparator.comparingLong(
                        (Entry<String, LongAdder> entry) -> -entry.getValue().sum()))
                .limit(shown)
                .<MultiGauge.Row<?>>map(entry -> MultiGauge.Row.of(
                        Tags.of("org", entry.getKey()), entry.getValue().sum() / seconds))
                .toList();
        gauge.register(busiest, true);
    }
}

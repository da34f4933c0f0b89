package dev.pipelinetracker.local;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.PrintStream;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Prints what the worker's meters say, every 5 seconds, in one line. A meter that is missing counts as 0. */
final class StatusLine implements AutoCloseable {

    /** What the signs in the line mean. */
    static final String LEGEND = "+ inserted  ~ updated  = unchanged  ! rejected, since this start";

    private static final long SECONDS_BETWEEN = 5;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

    private final MeterRegistry meters;
    private final DemoPublisher publisher;
    private final Runnable print;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "status-line"));

    private StatusLine(MeterRegistry meters, DemoPublisher publisher, PrintStream out) {
        this.meters = meters;
        this.publisher = publisher;
        this.print = () -> out.println(text());
    }

    static StatusLine start(MeterRegistry meters, DemoPublisher publisher, PrintStream out) {
        StatusLine line = new StatusLine(meters, publisher, out);
        var unused = line.timer.scheduleAtFixedRate(line.print, SECONDS_BETWEEN, SECONDS_BETWEEN, TimeUnit.SECONDS);
        return line;
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    String text() {
        StringBuilder text = new StringBuilder();
        text.append(LocalTime.now(ZoneId.systemDefault()).format(TIME));
        text.append("  sent ").append(publisher.published());
        if (publisher.failed() > 0) {
            text.append(" (").append(publisher.failed()).append(" failed)");
        }
        for (DemoFeed feed : DemoFeed.values()) {
            text.append(String.format(
                    Locale.ROOT,
                    "  %s +%d ~%d =%d !%d",
                    feed.feed(),
                    events(feed, "inserted"),
                    events(feed, "updated"),
                    events(feed, "unchanged"),
                    events(feed, "rejected")));
        }
        text.append("  lag ").append(gauges("tracker.lag.records"));
        text.append("  open runs ").append(gauges("tracker.open.runs"));
        return text.toString();
    }

    private long events(DemoFeed feed, String outcome) {
        Collection<Counter> counters = meters.find("tracker.events")
                .tags("feed", feed.feed(), "outcome", outcome)
                .counters();
        return Math.round(counters.stream().mapToDouble(Counter::count).sum());
    }

    private long gauges(String name) {
        return Math.round(meters.find(name).gauges().stream()
                .mapToDouble(Gauge::value)
                .filter(Double::isFinite)
                .sum());
    }
}

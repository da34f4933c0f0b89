package dev.pipelinetracker.publishing;

import dev.pipelinetracker.publish.Deliveries;
import dev.pipelinetracker.publish.EventFeed;
import dev.pipelinetracker.publish.PublishException;
import dev.pipelinetracker.publish.Publisher;
import dev.pipelinetracker.wire.InvalidEventException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.time.Duration;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the events that lines of JSON hold, or only checks them. A bad line is reported with its number, field and rule,
 * never with a value, and holds up no other; empty lines are skipped.
 */
public final class PublishLines {
    private static final Duration LONGEST_DELIVERY = Duration.ofMinutes(5);

    private final EventJson json;
    private final EventFeed feed;
    private final @Nullable Publisher publisher;
    private final PrintWriter err;
    private final Progress progress;

    private long events;
    private long bad;

    /**
     * Reads a feed's events.
     *
     * @param publisher null to check only
     * @param err where bad lines and the summary go
     */
    public PublishLines(EventFeed feed, @Nullable Publisher publisher, PrintWriter err, boolean showProgress) {
        this.json = new EventJson(feed);
        this.feed = feed;
        this.publisher = publisher;
        this.err = err;
        this.progress = showProgress ? Progress.shown() : Progress.HIDDEN;
    }

    /**
     * Reads to the end; returns once every event is delivered or is given up, which takes 5 minutes at most, and less by default after the last line.
     *
     * @return whether every line was good, and delivered
     * @throws IOException if the lines cannot be read
     * @throws PublishException if Kafka or the registry cannot be reached at the start: then nothing was sent
     */
    public boolean publish(InputStream in) throws IOException {
        if (publisher != null) {
            publisher.requireReady(feed);
        }
        try (progress) {
            Lines lines = new Lines(new BufferedInputStream(in));
            for (Lines.Line line = lines.next(); line != null; line = lines.next()) {
                if (!line.isBlank()) {
                    take(line);
                    progress.step();
                }
            }
            return sumUp();
        }
    }

    private void take(Lines.Line line) {
        try {
            SpecificRecord event = json.read(line.text());
            events++;
            if (publisher != null) {
                var unused = publisher.publish(feed, event).whenComplete((place, failure) -> {
                    if (failure != null) {
                        report(line.number(), "not delivered: " + failure.getMessage());
                    }
                });
            }
        } catch (InvalidEventException e) {
            bad++;
            report(line.number(), e.getMessage());
        }
    }

    private boolean sumUp() {
        if (publisher == null) {
            progress.close();
            summary("%d good, %d bad".formatted(events, bad));
            return bad == 0;
        }
        Deliveries deliveries = publisher.flush(LONGEST_DELIVERY);
        progress.close();
        long undelivered = events - deliveries.delivered();
        summary("%d delivered, %d not delivered, %d bad".formatted(deliveries.delivered(), undelivered, bad));
        return bad == 0 && undelivered == 0;
    }

    private void report(long line, @Nullable String why) {
        synchronized (err) {
            err.println("line " + line + ": " + why);
            err.flush();
        }
    }

    private void summary(String text) {
        synchronized (err) {
            err.println(feed + ": " + text);
            err.flush();
        }
    }
}

package dev.pipelinetracker.listen;

import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;

/**
 * Decides what of a wait is told: its begin, what else it waits for, at growing intervals that it still waits, and its
 * end. Attempts are made every other second, by each consumer, and an outage takes hours. Safe for several threads.
 */
final class WaitLog {

    private static final Duration FIRST_INTERVAL = Duration.ofMinutes(1);
    private static final Duration LONGEST_INTERVAL = Duration.ofHours(1);

    private final InstantSource clock;
    private final Map<Object, Told> told = new HashMap<>();
    private long since;
    private volatile boolean waiting;

    private record Told(long at, Duration interval) {}

    WaitLog(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * An attempt has failed.
     *
     * @param reason what it waits for; each is told by itself
     * @return if it is to be told, how long the wait has lasted, which is nothing at its begin
     */
    synchronized Optional<Duration> failed(Object reason) {
        long now = clock.millis();
        if (!waiting) {
            waiting = true;
            since = now;
        }
        Told last = told.get(reason);
        if (last != null && now - last.at() < last.interval().toMillis()) {
            return Optional.empty();
        }
        Duration next = last == null ? FIRST_INTERVAL : last.interval().multipliedBy(2);
        told.put(reason, new Told(now, next.compareTo(LONGEST_INTERVAL) < 0 ? next : LONGEST_INTERVAL));
        return Optional.of(Duration.ofMillis(now - since));
    }

    /**
     * Nothing is awaited.
     *
     * @return how long the wait was that is over; empty if there was none
     */
    Optional<Duration> over() {
        // the usual case, without a lock
        return waiting ? end() : Optional.empty();
    }

    /** Tells the end of the feed's wait, if there was one. */
    void tellOver(Logger log, String feed) {
        over().ifPresent(waited -> log.info("{}: goes on after {}", feed, text(waited)));
    }

    private synchronized Optional<Duration> end() {
        if (!waiting) {
            return Optional.empty();
        }
        waiting = false;
        told.clear();
        return Optional.of(Duration.ofMillis(clock.millis() - since));
    }

    /** For people: {@code waiting}, or {@code still waiting after 3 min}. */
    static String wait(Duration waited) {
        return waited.isZero() ? "waiting" : "still waiting after " + text(waited);
    }

    /** For people: {@code 0.4 s}, {@code 25 s}, {@code 3 min}, {@code 2 h 5 min}. */
    static String text(Duration time) {
        if (time.toSeconds() < 10) {
            return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0);
        }
        if (time.toMinutes() < 2) {
            return time.toSeconds() + " s";
        }
        String hours = time.toHours() > 0 ? time.toHours() + " h " : "";
        return hours + time.toMinutesPart() + " min";
    }
}

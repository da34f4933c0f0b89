package dev.pipelinetracker.publish;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;

/**
 * Now in whole microseconds, but always later than what was told before, also when the clock stands still or is set back: of
 * two states of a run, the one with the later timestamp is kept. Not safe for use by several threads.
 */
final class RisingTime {
    private final InstantSource clock;
    private Instant latest = Instant.MIN;

    RisingTime(InstantSource clock) {
        this.clock = clock;
    }

    Instant next() {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        latest = now.isAfter(latest) ? now : latest.plus(1, ChronoUnit.MICROS);
        return latest;
    }
}

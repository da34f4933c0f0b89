package dev.pipelinetracker.replay;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Keeps a run to its rate, and out of the way of live traffic: while the live feed lags by more than a bound, it does one
 * batch every few seconds, so that it comes to an end even so.
 */
public final class Pace {

    private static final Duration LOOK_EVERY = Duration.ofMillis(500);
    private static final Duration LONGEST_YIELD = Duration.ofSeconds(5);

    private final Rate rate;
    private final LongSupplier liveLag;
    private final long lagBound;
    private final StopSignal stop;
    private final long start = System.nanoTime();
    private long lastLook = start - LOOK_EVERY.toNanos();
    private long done;

    /**
     * @param liveLag records that the live feed is behind; 0 if nobody consumes it
     * @param lagBound the lag beyond which it yields
     */
    public Pace(Rate rate, LongSupplier liveLag, long lagBound, StopSignal stop) {
        this.rate = rate;
        this.liveLag = liveLag;
        this.lagBound = lagBound;
        this.stop = stop;
    }

    /** Returns when the next batch may be done, or a stop is wanted; whether it has yielded to the live feed. */
    public boolean await(int recordsJustDone) {
        done += recordsJustDone;
        Duration ahead = rate.timeOf(done).minusNanos(System.nanoTime() - start);
        if (ahead.compareTo(Duration.ZERO) > 0) {
            stop.sleep(ahead);
        }
        if (System.nanoTime() - lastLook < LOOK_EVERY.toNanos() || !isLiveBehind()) {
            return false;
        }
        long until = System.nanoTime() + LONGEST_YIELD.toNanos();
        do {
            stop.sleep(LOOK_EVERY);
        } while (!stop.isWanted() && System.nanoTime() < until && isLiveBehind());
        return true;
    }

    private boolean isLiveBehind() {
        lastLook = System.nanoTime();
        return liveLag.getAsLong() > lagBound;
    }
}

package dev.pipelinetracker.replay;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * Keeps a run to its rate, which time lost by waiting does not raise afterwards, and out of the way of live traffic: while
 * the live feed is consumed, it rests as long as it works, since both share the database; and while that feed lags by more
 * than a bound, it does no more than one gentle batch every few seconds, so that it comes to an end even so.
 */
public final class Pace {

    /** So many records at a time beside live traffic: what is live waits no longer than for one such batch. */
    private static final int GENTLE_BATCH = 1_000;

    private static final Duration LOOK_EVERY = Duration.ofMillis(500);
    private static final Duration LONGEST_YIELD = Duration.ofSeconds(5);

    private final Speed speed;
    private final LiveLag live;
    private final StopSignal stop;
    private long batchStart = System.nanoTime();
    private long lastLook = batchStart - LOOK_EVERY.toNanos();
    private OptionalLong lag = OptionalLong.empty();
    private int sinceYield;

    /** At that speed, beside that. */
    Pace(Speed speed, LiveLag live, StopSignal stop) {
        this.speed = speed;
        this.live = live;
        this.stop = stop;
    }

    /** How many records to take at once, of at most so many. */
    public int batch(int most) {
        return speed.rate().batch(speed.yieldToLive() ? Math.min(most, GENTLE_BATCH) : most);
    }

    /** Returns when the next batch may be done, or a stop is wanted; whether it has made way for a live feed that lags. */
    public boolean await(int recordsJustDone) {
        sinceYield += recordsJustDone;
        boolean yielded = speed.yieldToLive() && yieldToLive(Duration.ofNanos(System.nanoTime() - batchStart));
        Duration ahead = speed.rate().timeOf(recordsJustDone).minusNanos(System.nanoTime() - batchStart);
        if (ahead.compareTo(Duration.ZERO) > 0) {
            stop.sleep(ahead);
        }
        batchStart = System.nanoTime();
        return yielded;
    }

    private boolean yieldToLive(Duration worked) {
        if (System.nanoTime() - lastLook >= LOOK_EVERY.toNanos()) {
            look();
        }
        if (!isLagging()) {
            if (lag.isPresent()) {
                stop.sleep(worked);
            }
            return false;
        }
        if (sinceYield < speed.rate().inASecond(GENTLE_BATCH)) {
            return false;
        }
        sinceYield = 0;
        long until = System.nanoTime() + LONGEST_YIELD.toNanos();
        do {
            stop.sleep(LOOK_EVERY);
            look();
        } while (!stop.isWanted() && System.nanoTime() < until && isLagging());
        return true;
    }

    private boolean isLagging() {
        return lag.orElse(0) > speed.lagBound();
    }

    private void look() {
        lastLook = System.nanoTime();
        lag = live.records();
    }
}

package dev.pipelinetracker.replay;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ctrl-C or SIGTERM: the batch in hand is finished and committed, then the command ends by itself. While it plans or asks
 * there is none, and it ends at once.
 */
public final class StopSignal implements AutoCloseable {

    // less than Kubernetes' default grace
    private static final Duration LONGEST_BATCH = Duration.ofSeconds(25);

    private static final Logger log = LoggerFactory.getLogger(StopSignal.class);

    private final CountDownLatch wanted = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook = new Thread(this::stopAndWait, "stop");

    private volatile boolean working;

    private StopSignal() {}

    /** Listens to the JVM's signals until it is closed. */
    public static StopSignal installed() {
        StopSignal signal = new StopSignal();
        Runtime.getRuntime().addShutdownHook(signal.hook);
        return signal;
    }

    /** From now on there is something in hand, which a signal waits for. */
    public void workBegins() {
        working = true;
    }

    /** Asks whoever runs to end. */
    public void stop() {
        wanted.countDown();
    }

    /** Whether it was asked for. */
    public boolean isWanted() {
        return wanted.getCount() == 0;
    }

    /** Sleeps that long, or until a stop is wanted. */
    public void sleep(Duration pause) {
        try {
            if (wanted.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stop();
        }
    }

    /** Lets the JVM go. */
    @Override
    public void close() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the JVM is already on its way, and waits for us
            return;
        }
    }

    /** What a signal does: returns when the JVM may go. */
    void stopAndWait() {
        stop();
        try {
            if (working && !ended.await(LONGEST_BATCH.toMillis(), TimeUnit.MILLISECONDS)) {
                log.warn("The batch in hand does not end: leaving it to be rolled back");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

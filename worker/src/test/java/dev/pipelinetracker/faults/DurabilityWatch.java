package dev.pipelinetracker.faults;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;

/** While a test does its worst, asks the {@link Ledger} again and again whether an offset is ahead of what is durable. */
final class DurabilityWatch implements AutoCloseable {

    private final Ledger ledger;
    private final Duration interval;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final AtomicInteger looks = new AtomicInteger();
    private final Thread thread = new Thread(this::watch, "durability-watch");
    private volatile @Nullable AssertionError seen;

    DurabilityWatch(Ledger ledger, Duration interval) {
        this.ledger = ledger;
        this.interval = interval;
        thread.setDaemon(true);
        thread.start();
    }

    /** Throws what was seen amiss. */
    void verify() {
        AssertionError amiss = seen;
        if (amiss != null) {
            throw amiss;
        }
    }

    /** How often it could look: not while broker or database were away. */
    int looks() {
        return looks.get();
    }

    @Override
    public void close() {
        stopping.countDown();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(70));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void watch() {
        try {
            while (!stopping.await(interval.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    ledger.checkNeverAhead();
                    looks.incrementAndGet();
                } catch (DataAccessException | KafkaException e) {
                    // broker or database is away: that is what the test is about
                } catch (AssertionError e) {
                    seen = e;
                    return;
                } catch (RuntimeException e) {
                    if (!FaultyBroker.didNotDoIt(e)) {
                        seen = new AssertionError("the watch itself failed", e);
                        return;
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

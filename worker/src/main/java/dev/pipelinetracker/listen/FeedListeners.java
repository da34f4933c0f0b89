package dev.pipelinetracker.listen;

import dev.pipelinetracker.database.DatabaseRefusedException;
import dev.pipelinetracker.database.Migrations;
import dev.pipelinetracker.listen.Listening.LiveFeeds;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Starts the feeds' containers once the database is there and migrated, however long that takes, and stops them when the
 * worker is told to: each finishes the batch in hand, and commits it.
 */
final class FeedListeners implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(FeedListeners.class);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(8);

    // longer than a statement; pool and clients need some seconds of the grace period, too, before they give up
    private static final Duration LONGEST_STOP = Duration.ofSeconds(22);

    private final Migrations migrations;
    private final LiveFeeds feeds;
    private final CountDownLatch stopping;
    private final Runnable onRefusal;
    private final WaitLog waits = new WaitLog(InstantSource.system());
    private final Thread starter = new Thread(this::startOnceMigrated, "start-once-migrated");
    private volatile boolean running;
    private volatile boolean listening;

    /**
     * For these feeds.
     *
     * @param stopping counted down when the worker is told to stop
     * @param onRefusal run when the database is not one to work with: waiting would not help
     */
    FeedListeners(Migrations migrations, LiveFeeds feeds, CountDownLatch stopping, Runnable onRefusal) {
        this.migrations = migrations;
        this.feeds = feeds;
        this.stopping = stopping;
        this.onRefusal = onRefusal;
    }

    @Override
    public void start() {
        running = true;
        // not on the caller's thread: health and metrics must be there while the database is not
        starter.start();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Whether the database was found fit and the containers were started. */
    boolean isListening() {
        return listening;
    }

    /** Returns when the batches in hand are done, or after 22 s: what is not done then is not committed. */
    @Override
    public void stop() {
        long deadline = System.nanoTime() + LONGEST_STOP.toNanos();
        stopping.countDown();
        CountDownLatch remaining = new CountDownLatch(feeds.all().size());
        synchronized (this) {
            running = false;
            listening = false;
            feeds.all().forEach(feed -> feed.container().stop(remaining::countDown));
        }
        try {
            if (!remaining.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                log.warn("Stopping with a batch in hand, which is not committed and will be delivered again");
            }
            // whoever closes the pool next would pull it from under a migration; a refusal stops us from this thread
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (Thread.currentThread() != starter && left > 0) {
                starter.join(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void startOnceMigrated() {
        try {
            Duration pause = FIRST_PAUSE;
            while (!isStarted()) {
                if (stopping.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                    return;
                }
                pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (DatabaseRefusedException e) {
            log.error("The database is refused: {}", e.getMessage());
            onRefusal.run();
        }
    }

    private boolean isStarted() {
        try {
            migrations.migrate();
        } catch (DatabaseRefusedException e) {
            throw e;
        } catch (RuntimeException e) {
            tellWaiting("database", ConnectionSettings.DATABASE.explain(e));
            return false;
        }
        synchronized (this) {
            // told to stop meanwhile: a container started now would never be
            if (running) {
                try {
                    // one that runs already is not started again
                    feeds.all().forEach(feed -> feed.container().start());
                } catch (RuntimeException e) {
                    tellWaiting("broker", ConnectionSettings.KAFKA.explain(e));
                    return false;
                }
                feeds.all().forEach(feed -> feed.progress().listening());
                listening = true;
                log.info(
                        "Listening{}",
                        waits.over()
                                .map(waited -> " after " + WaitLog.text(waited))
                                .orElse(""));
            }
        }
        return true;
    }

    private void tellWaiting(String what, String reason) {
        waits.failed(what).ifPresent(waited -> log.warn("{} for the {}: {}", WaitLog.wait(waited), what, reason));
    }
}

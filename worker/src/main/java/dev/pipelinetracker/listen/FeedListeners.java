package dev.pipelinetracker.listen;

import dev.pipelinetracker.database.DatabaseRefusedException;
import dev.pipelinetracker.database.Migrations;
import dev.pipelinetracker.listen.Listening.LiveFeeds;
import java.time.Duration;
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
    private static final Duration PAUSE_BETWEEN_ATTEMPTS = Duration.ofSeconds(1);

    // a statement ends by its time-out
    private static final Duration LONGEST_MIGRATION_STEP = Duration.ofSeconds(25);

    private final Migrations migrations;
    private final LiveFeeds feeds;
    private final Runnable onRefusal;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread starter = new Thread(this::startOnceMigrated, "start-once-migrated");
    private volatile boolean running;
    private volatile boolean listening;

    /** @param onRefusal run when the database is not one to work with: waiting would not help */
    FeedListeners(Migrations migrations, LiveFeeds feeds, Runnable onRefusal) {
        this.migrations = migrations;
        this.feeds = feeds;
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

    @Override
    public void stop() {
        stopping.countDown();
        CountDownLatch remaining = new CountDownLatch(feeds.all().size());
        synchronized (this) {
            running = false;
            listening = false;
            // all at once: each has the whole of its time-out
            feeds.all().forEach(feed -> feed.container().stop(remaining::countDown));
        }
        try {
            remaining.await();
            // whoever closes the pool next would pull it from under a migration; but a refusal stops us from this
            // thread
            if (Thread.currentThread() != starter) {
                starter.join(LONGEST_MIGRATION_STEP.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void startOnceMigrated() {
        try {
            while (!isMigrated()) {
                if (stopping.await(PAUSE_BETWEEN_ATTEMPTS.toMillis(), TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        } catch (DatabaseRefusedException e) {
            log.error("The database is refused: {}", e.getMessage());
            onRefusal.run();
            return;
        }
        synchronized (this) {
            // told to stop meanwhile: a container started now would never be
            if (running) {
                feeds.all().forEach(feed -> feed.container().start());
                listening = true;
            }
        }
        log.info("Listening");
    }

    private boolean isMigrated() {
        try {
            migrations.migrate();
            return true;
        } catch (DatabaseRefusedException e) {
            throw e;
        } catch (RuntimeException e) {
            log.warn("Waiting for the database: {}", e.getMessage());
            return false;
        }
    }
}

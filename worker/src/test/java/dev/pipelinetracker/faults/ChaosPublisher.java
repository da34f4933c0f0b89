package dev.pipelinetracker.faults;

import dev.pipelinetracker.events.PipelineRun;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Publishes events at a steady rate, and catches up when it was held up. */
final class ChaosPublisher {

    /** Of the published, one in so many is bad. */
    private static final int ONE_IN = 2_000;
    /** Keys of bad events only: one that is older than its row is never offered to the database, and so not refused. */
    private static final int UNTOUCHED = 1_000_000_000;

    private final Stage stage;
    private final int rate;
    private final Random random;
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final Thread thread = new Thread(this::publish, "chaos-publisher");
    private volatile @Nullable Throwable failure;

    /** So many events a second, once it is started. */
    ChaosPublisher(Stage stage, int rate, long seed) {
        this.stage = stage;
        this.rate = rate;
        this.random = new Random(seed);
    }

    void start() {
        thread.start();
    }

    /** Returns when the last one is sent. Throws what went wrong on the way. */
    void stop() throws InterruptedException {
        stopping.set(true);
        thread.join();
        if (failure != null) {
            throw new AssertionError("publishing ended early", failure);
        }
    }

    private void publish() {
        long started = System.nanoTime();
        try {
            for (long n = 0; !stopping.get(); n++) {
                long early = started + n * 1_000_000_000L / rate - System.nanoTime();
                if (early > 1_000_000) {
                    LockSupport.parkNanos(early);
                }
                publishOne(n);
            }
        } catch (RuntimeException | AssertionError e) {
            failure = e;
        }
    }

    /** A key lives for some thousand events, so that rows are made, updated, and met by late and repeated events. */
    private void publishOne(long n) {
        Kind kind = n % 10 < 8 ? Kind.RUNS : n % 10 == 8 ? Kind.INSIGHTS : Kind.CHARTS;
        int key = (int) (n / 3_000) * 1_000 + random.nextInt(2_000);
        UUID organization = stage.organization(key);
        if (random.nextInt(ONE_IN) == 0) {
            publishBad(organization, UNTOUCHED + (int) n);
            return;
        }
        stage.ledger().good(kind, organization, key, random.nextInt(1_900));
    }

    private void publishBad(UUID organization, int key) {
        PipelineRun run = (PipelineRun) Kind.RUNS.event(organization, key, random.nextInt(900));
        String reason;
        switch (random.nextInt(3)) {
            case 0 -> {
                run.setSourceName(Injections.POISON + "22001");
                reason = "refused_by_database";
            }
            case 1 -> {
                run.setDurationSeconds(Double.NaN);
                reason = "invalid";
            }
            default -> {
                stage.ledger().bad(Kind.RUNS, Wire.key(organization), new byte[] {1, 2, 3}, "unreadable");
                return;
            }
        }
        stage.ledger().bad(Kind.RUNS, Wire.key(organization), Wire.bytes(run), reason);
    }
}

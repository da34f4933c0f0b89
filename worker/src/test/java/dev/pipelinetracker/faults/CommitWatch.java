package dev.pipelinetracker.faults;

import java.time.Duration;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;

/** Sees ten times a second whether a feed's committed offsets moved: how soon after a moment, and how long they stood. */
final class CommitWatch implements AutoCloseable {

    private static final Duration INTERVAL = Duration.ofMillis(100);

    private final FaultyBroker broker;
    private final String group;
    private final ConcurrentSkipListSet<Long> moves = new ConcurrentSkipListSet<>();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread thread = new Thread(this::watch, "commit-watch");

    CommitWatch(FaultyBroker broker, Kind kind) {
        this.broker = broker;
        this.group = kind.group();
        thread.setDaemon(true);
        thread.start();
    }

    /** From that {@link System#nanoTime} until the first commit after it, known to a tenth of a second. */
    Duration firstAfter(long moment) {
        Long move = moves.higher(moment);
        return Duration.ofNanos((move == null ? System.nanoTime() : move) - moment);
    }

    /** The longest time between two commits. */
    Duration longestStall() {
        long longest = 0;
        Long last = null;
        for (long move : moves) {
            longest = Math.max(longest, last == null ? 0 : move - last);
            last = move;
        }
        return Duration.ofNanos(longest);
    }

    @Override
    public void close() {
        stopping.countDown();
    }

    private void watch() {
        long known = 0;
        try {
            while (!stopping.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
                long committed = committed(known);
                if (committed > known) {
                    moves.add(System.nanoTime());
                    known = committed;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long committed(long fallback) throws InterruptedException {
        try {
            return broker
                    .admin()
                    .listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get(1, TimeUnit.SECONDS)
                    .values()
                    .stream()
                    .filter(offset -> offset != null)
                    .mapToLong(OffsetAndMetadata::offset)
                    .sum();
        } catch (ExecutionException | TimeoutException e) {
            // the broker is away: that is what the test is about
            return fallback;
        }
    }
}

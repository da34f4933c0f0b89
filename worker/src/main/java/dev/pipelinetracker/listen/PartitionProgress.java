package dev.pipelinetracker.listen;

import dev.pipelinetracker.engine.WorldFault.Cause;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * How far one assigned partition has come. Its consumer's thread writes what it polls and processes, the thread that asks
 * the broker writes what that answers; any thread reads.
 */
final class PartitionProgress {

    private static final long UNKNOWN = -1;

    /** Beyond, ends and starts are too old to tell anything: the broker does not answer. */
    private static final Duration FRESH = Duration.ofSeconds(30);

    /** Offset of the next record to process. */
    private volatile long next;

    /** The offset that the log's next record will get. */
    private volatile long end = UNKNOWN;

    private volatile long endKnownAt;

    /** A jump over offsets, from the one that was to be processed next to the one that came. */
    private volatile long jumpFrom = UNKNOWN;

    private volatile long jumpTo = UNKNOWN;

    /** Timestamp of the oldest record known to be unprocessed, else when lag was noticed; null without lag. */
    private volatile @Nullable Long oldestMillis;

    private volatile long movedAt;
    private volatile @Nullable Cause waitsFor;

    /** Only the consumer's thread reads and writes these two. */
    private int failures;

    private int halvings;

    /** @param next offset of the next record to process; -1 if the broker did not tell */
    PartitionProgress(long next, long now) {
        this.next = next;
        this.movedAt = now;
    }

    void started(List<ConsumerRecord<byte[], byte[]>> inHand, long now) {
        long first = inHand.get(0).offset();
        if (next != UNKNOWN && first > next) {
            // markers of transactions and compaction leave gaps, too: the log's start will tell
            jumpFrom = next;
            jumpTo = first;
        }
        next = first;
        long oldest = inHand.get(0).timestamp();
        for (ConsumerRecord<byte[], byte[]> polled : inHand) {
            oldest = Math.min(oldest, polled.timestamp());
        }
        oldestMillis = oldest;
        movedAt = now;
    }

    void processed(List<ConsumerRecord<byte[], byte[]>> done, long now) {
        next = done.get(done.size() - 1).offset() + 1;
        oldestMillis = null;
        movedAt = now;
        waitsFor = null;
        failures = 0;
        // back to whole batches by and by: what was too much a moment ago may still be
        halvings = Math.max(0, halvings - 1);
    }

    void waits(Cause cause, boolean halve, long now) {
        waitsFor = cause;
        movedAt = now;
        failures++;
        if (halve) {
            halvings++;
        }
    }

    int failures() {
        return failures;
    }

    int halvings() {
        return halvings;
    }

    void endsAt(long known, long now) {
        end = known;
        endKnownAt = now;
        if (lag() == 0) {
            oldestMillis = null;
        } else if (oldestMillis == null) {
            oldestMillis = now;
        }
    }

    /** How many offsets before the log's start were never processed; each is told once. */
    long lostBefore(long start) {
        long lost = 0;
        if (jumpFrom != UNKNOWN) {
            lost = Math.max(0, Math.min(start, jumpTo) - jumpFrom);
            jumpFrom = UNKNOWN;
        }
        if (next != UNKNOWN && start > next) {
            lost += start - next;
            next = start;
        }
        return lost;
    }

    long lag() {
        return next == UNKNOWN || end == UNKNOWN ? 0 : Math.max(0, end - next);
    }

    long oldestAgeMillis(long now) {
        Long oldest = oldestMillis;
        return oldest == null ? 0 : Math.max(0, now - oldest);
    }

    @Nullable
    Cause waitsFor() {
        return waitsFor;
    }

    /** Records are there, the broker answers, nothing is awaited, and yet nothing has moved for so long. */
    boolean isStuck(Duration limit, long now) {
        return lag() > 0 && waitsFor == null && now - endKnownAt < FRESH.toMillis() && now - movedAt > limit.toMillis();
    }
}

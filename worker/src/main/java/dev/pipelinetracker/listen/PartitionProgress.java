package dev.pipelinetracker.listen;

import dev.pipelinetracker.engine.WorldFault.Cause;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * How far one assigned partition has come. Its consumer's thread tells what it polls and processes, another what the
 * broker answers, and any thread reads.
 */
final class PartitionProgress {

    private static final long UNKNOWN = -1;

    /** 2^13 exceeds any batch; more would only take longer to grow back. */
    private static final int MOST_HALVINGS = 13;

    /** Beyond, ends and starts are too old to tell anything: the broker does not answer. */
    private static final Duration FRESH = Duration.ofSeconds(30);

    /** Offset of the next record to process. */
    private long next;

    /** The offset that the log's next record will get. */
    private long end = UNKNOWN;

    private long endKnownAt;

    /** A jump over offsets, from the one that was to be processed next to the one that came. */
    private long jumpFrom = UNKNOWN;

    private long jumpTo = UNKNOWN;

    /** Timestamp of the oldest record known to be unprocessed, else when lag was noticed; null without lag. */
    private @Nullable Long oldestMillis;

    private long movedAt;
    private @Nullable Cause waitsFor;

    private int failures;
    private int halvings;
    private boolean inHand;

    /** @param next offset of the next record to process; -1 if the broker did not tell */
    PartitionProgress(long next, long now) {
        this.next = next;
        this.movedAt = now;
    }

    synchronized void started(List<ConsumerRecord<byte[], byte[]>> records, long now) {
        long first = records.get(0).offset();
        if (next != UNKNOWN && first > next) {
            // markers of transactions and compaction leave gaps, too: the log's start will tell
            jumpFrom = next;
            jumpTo = first;
        }
        next = first;
        long oldest = records.get(0).timestamp();
        for (ConsumerRecord<byte[], byte[]> polled : records) {
            oldest = Math.min(oldest, polled.timestamp());
        }
        oldestMillis = oldest;
        movedAt = now;
        inHand = true;
    }

    synchronized void processed(List<ConsumerRecord<byte[], byte[]>> done, long now) {
        next = done.get(done.size() - 1).offset() + 1;
        oldestMillis = null;
        movedAt = now;
        inHand = false;
        waitsFor = null;
        failures = 0;
        // back to whole batches by and by: what was too much a moment ago may still be
        halvings = Math.max(0, halvings - 1);
    }

    synchronized void waits(Cause cause, boolean halve, long now) {
        waitsFor = cause;
        movedAt = now;
        inHand = false;
        failures++;
        if (halve) {
            halvings = Math.min(MOST_HALVINGS, halvings + 1);
        }
    }

    /** Nothing was polled for a while though it was asked for: what lies before is processed, deleted, or no event. */
    synchronized void idleAt(long position) {
        if (position > next) {
            // deleted records, if it was not a transaction's marker; if they were waiting, nothing waits any more
            jumpFrom = next;
            jumpTo = position;
            next = position;
            waitsFor = null;
            failures = 0;
        }
    }

    synchronized int failures() {
        return failures;
    }

    synchronized int halvings() {
        return halvings;
    }

    synchronized void endsAt(long known, long now) {
        if (lag() == 0 || isEndStale(now)) {
            // what comes now has not been waiting since the last that came: nobody could have taken it before
            movedAt = now;
        }
        end = known;
        endKnownAt = now;
        if (lag() == 0) {
            oldestMillis = null;
        } else if (oldestMillis == null) {
            oldestMillis = now;
        }
    }

    /** How many offsets before the log's start were never processed; each is told once. */
    synchronized long lostBefore(long start) {
        long lost = 0;
        if (jumpFrom != UNKNOWN) {
            lost = Math.max(0, Math.min(start, jumpTo) - jumpFrom);
            jumpFrom = UNKNOWN;
        }
        // what is in hand is not lost
        if (!inHand && next != UNKNOWN && start > next) {
            lost += start - next;
            next = start;
        }
        return lost;
    }

    synchronized long lag() {
        return next == UNKNOWN || end == UNKNOWN ? 0 : Math.max(0, end - next);
    }

    synchronized long oldestAgeMillis(long now) {
        Long oldest = oldestMillis;
        return oldest == null ? 0 : Math.max(0, now - oldest);
    }

    synchronized @Nullable Cause waitsFor() {
        return waitsFor;
    }

    /** Records are there, the broker answers, nothing is awaited, and yet nothing has moved for so long. */
    synchronized boolean isStuck(Duration limit, long now) {
        return lag() > 0 && waitsFor == null && !isEndStale(now) && now - movedAt > limit.toMillis();
    }

    private boolean isEndStale(long now) {
        return now - endKnownAt >= FRESH.toMillis();
    }
}

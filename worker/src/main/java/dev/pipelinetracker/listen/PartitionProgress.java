package dev.pipelinetracker.listen;

import dev.pipelinetracker.engine.WorldFault.Cause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * How far one assigned partition has come. Its consumer's thread tells what it polls and processes, another what the
 * broker answers, and any thread reads.
 */
final class PartitionProgress {

    /** An offset that nobody has told yet. */
    static final long UNKNOWN = -1;

    /** As many at once as were polled. */
    static final int WHOLE = Integer.MAX_VALUE;

    private static final int LARGEST_SHARE = 1 << 13;

    private static final int MOST_JUMPS = 100;

    private static final int TRIES_OF_THE_WHOLE_BATCH = 3;

    private static final Duration SHORTEST_FRESH = Duration.ofSeconds(30);

    /** Offsets that follow each other; the last is not one of them. */
    record Range(long from, long to) {}

    private final Thread consumer;

    /** Milliseconds; beyond, ends and starts are too old to tell anything: the broker does not answer. */
    private final long fresh;

    /** Offset of the next record to process. */
    private long next = UNKNOWN;

    /** The offset that the log's next record will get. */
    private long end = UNKNOWN;

    private long endKnownAt;

    /** Jumps over offsets, each from the one that was to be processed next to the one that came; not yet explained. */
    private final List<Range> jumps = new ArrayList<>();

    /** Timestamp of the oldest record known to be unprocessed, else when lag was noticed; null without lag. */
    private @Nullable Long oldestMillis;

    /** When records were last taken in hand, settled or put back: whoever waits tries again every few seconds. */
    private long movedAt;

    private @Nullable Cause waitsFor;

    private int failures;
    private boolean inHand;
    private boolean shortened;

    /** The group's offset is before a gap that was told: whoever gets the partition next would tell it again. */
    private boolean gapUncommitted;

    /** How many records may be processed at once. */
    private int limit = WHOLE;

    /** Of the batch that waits, what is durable already and is not processed, rejected or counted again. */
    private final TreeSet<Long> settled = new TreeSet<>();

    /** Of the batch that waits, what was too slow all by itself, and the turn at which it was tried last. */
    private final Map<Long, Long> slow = new HashMap<>();

    /**
     * @param consumer the thread of the consumer that this is assigned to
     * @param looks how often the broker is asked for the log's end
     */
    PartitionProgress(Thread consumer, Duration looks, long now) {
        this.consumer = consumer;
        this.fresh = Math.max(SHORTEST_FRESH.toMillis(), 3 * looks.toMillis());
        this.movedAt = now;
    }

    boolean isConsumedBy(Thread thread) {
        return consumer == thread;
    }

    /** The offset of the next record to process, once it is known. */
    synchronized void startsAt(long offset) {
        next = offset;
    }

    /** A gap before the next record was told. */
    synchronized void toldGap() {
        gapUncommitted = true;
    }

    /** What is to be committed though no record comes: all before is durable, or gone; {@link #UNKNOWN} if nothing. */
    synchronized long toCommit() {
        return gapUncommitted && !inHand && !isToPlace() ? next : UNKNOWN;
    }

    /** The group's offset is that. */
    synchronized void committed(long offset) {
        gapUncommitted &= offset != next;
    }

    synchronized boolean isPlaceKnown() {
        return next != UNKNOWN;
    }

    synchronized long next() {
        return next;
    }

    synchronized void started(List<ConsumerRecord<byte[], byte[]>> records, long now) {
        long first = records.get(0).offset();
        if (next != UNKNOWN && first > next) {
            // markers of transactions and compaction leave gaps, too: the log's start will tell
            jumped(first);
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

    /** Whether all records of a batch are to be tried together: no attempt has failed, or none of the recent. */
    synchronized boolean isWhole() {
        return settled.isEmpty() && slow.isEmpty();
    }

    synchronized boolean isSettled(long offset) {
        return settled.contains(offset);
    }

    /** The turn at which it was found too slow all by itself; null if it was not. */
    synchronized @Nullable Long slowAt(long offset) {
        return slow.get(offset);
    }

    synchronized int limit() {
        return limit;
    }

    /** These are durable, though others of their batch are not. */
    synchronized void settled(List<ConsumerRecord<byte[], byte[]>> done, long now) {
        done.forEach(each -> {
            settled.add(each.offset());
            slow.remove(each.offset());
        });
        movedAt = now;
        failures = 0;
    }

    /** All up to the last of these are durable, and committed next. */
    synchronized void acknowledged(List<ConsumerRecord<byte[], byte[]>> done, long now) {
        next = done.get(done.size() - 1).offset() + 1;
        gapUncommitted = false;
        settled.headSet(next).clear();
        slow.keySet().removeIf(offset -> offset < next);
        oldestMillis = null;
        movedAt = now;
        inHand = false;
        waitsFor = null;
        failures = 0;
        // back to whole batches by and by: what was too much a moment ago may still be
        limit = limit >= LARGEST_SHARE ? WHOLE : limit * 2;
    }

    synchronized void waits(Cause cause, long now) {
        waitsFor = cause;
        movedAt = now;
        inHand = false;
        failures++;
    }

    /**
     * A statement with so many records took too long, this partition's first among them.
     *
     * @param turn no two attempts have the same, and later ones larger
     */
    synchronized void tooSlow(long first, int together, long turn) {
        boolean another = !slow.isEmpty();
        if (together == 1) {
            // behind all others, and behind those that were found slow before: the rest need not wait for it
            slow.put(first, turn);
            limit = WHOLE;
        } else if (another || limit != WHOLE || failures >= TRIES_OF_THE_WHOLE_BATCH) {
            limit = together / 2;
        }
    }

    /** Its consumer waits, with records of other partitions in hand: so does whatever is here. */
    synchronized void consumerWaits(Thread waiting, long now) {
        if (consumer == waiting) {
            movedAt = now;
        }
    }

    /** Nothing was polled for a while though it was asked for: what lies before is processed, deleted, or no event. */
    synchronized void idleAt(long position) {
        if (position > next) {
            // deleted records, if it was not a transaction's marker; if they were waiting, nothing waits any more
            jumped(position);
            next = position;
            waitsFor = null;
            failures = 0;
        }
    }

    synchronized int failures() {
        return failures;
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

    /**
     * Whether it is found now that the log ends before what was processed long ago: it is another log, or a part of it is
     * lost.
     *
     * @param before where the next record was before the broker was asked for the end
     */
    synchronized boolean isShortenedBy(long before, long known) {
        if (shortened || known >= before || next < before) {
            return false;
        }
        shortened = true;
        return true;
    }

    /** These offsets come again, and may be other records than before. */
    synchronized void wentBackTo(long first) {
        settled.clear();
        slow.clear();
        jumps.removeIf(jump -> jump.from() >= first);
        next = first;
    }

    /** Whether the broker must be asked where to go on. */
    synchronized boolean isToPlace() {
        return shortened || next == UNKNOWN;
    }

    synchronized boolean isShortened() {
        return shortened;
    }

    /** Everything that the log has now is new. */
    synchronized void restarted(long now) {
        shortened = false;
        next = UNKNOWN;
        gapUncommitted = true;
        jumps.clear();
        settled.clear();
        slow.clear();
        inHand = false;
        movedAt = now;
    }

    /** The offsets before the log's start that were never processed; each is told once. */
    synchronized List<Range> lostBefore(long start) {
        List<Range> lost = new ArrayList<>(2);
        jumps.forEach(jump -> addIfAny(lost, jump.from(), Math.min(start, jump.to())));
        jumps.clear();
        // what is in hand is not lost
        if (!inHand && next != UNKNOWN && start > next) {
            addIfAny(lost, unsettledFrom(next), start);
            next = start;
        }
        return lost;
    }

    private void jumped(long to) {
        jumps.add(new Range(unsettledFrom(next), to));
        if (jumps.size() > MOST_JUMPS) {
            // while the broker does not tell: retention leaves the largest, transactions and compaction small ones
            jumps.remove(Collections.min(jumps, Comparator.comparingLong(jump -> jump.to() - jump.from())));
        }
    }

    private static void addIfAny(List<Range> ranges, long from, long to) {
        if (to > from) {
            ranges.add(new Range(from, to));
        }
    }

    private long unsettledFrom(long offset) {
        long from = offset;
        while (settled.contains(from)) {
            from++;
        }
        return from;
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

    /** Records are there, the broker answers, and yet nothing was as much as tried for so long. */
    synchronized boolean isStuck(Duration limit, long now) {
        return lag() > 0 && !isEndStale(now) && now - movedAt > limit.toMillis();
    }

    private boolean isEndStale(long now) {
        return now - endKnownAt >= fresh;
    }
}

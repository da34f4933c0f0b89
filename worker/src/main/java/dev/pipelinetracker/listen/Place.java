package dev.pipelinetracker.listen;

import dev.pipelinetracker.engine.WorldFault.Cause;
import dev.pipelinetracker.listen.Gap.Why;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * How far one assigned partition has come, what of it is in hand, and what waits. Safe for several threads, each method by
 * itself: its consumer's thread tells what it polls and processes, another what the broker answers, and any reads. Times
 * are milliseconds since the epoch.
 */
final class Place {

    /** An offset that nobody has told yet. */
    static final long UNKNOWN = -1;

    /** As many at once as were polled. */
    static final int WHOLE = Integer.MAX_VALUE;

    private static final int LARGEST_SHARE = 1 << 13;
    private static final int TRIES_OF_THE_WHOLE_BATCH = 3;
    private static final Duration SHORTEST_FRESH = Duration.ofSeconds(30);

    private final TopicPartition key;
    private final Thread consumer;
    private final Consumer<Gap> gaps;

    /** Milliseconds; beyond, the log's end is too old to tell anything: the broker does not answer. */
    private final long fresh;

    /** Offset of the next record to process. */
    private long next = UNKNOWN;

    /** The offset that the log's next record will get. */
    private long end = UNKNOWN;

    private long endKnownAt;

    /** Timestamp of the oldest record known to be unprocessed, else when lag was noticed; null without lag. */
    private @Nullable Long oldestMillis;

    /** When records were last taken in hand, settled or put back: whoever waits tries again every few seconds. */
    private long movedAt;

    private @Nullable Cause waitsFor;

    /** The offset behind what was last found to wait. */
    private long waitsUntil;

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
     * @param consumer the thread of the consumer that the partition is assigned to
     * @param gaps is told of what is missing, before anything behind it may be committed; must not call back
     * @param looks how often the broker is asked for the log's end
     */
    Place(TopicPartition key, Thread consumer, Consumer<Gap> gaps, Duration looks, long now) {
        this.key = key;
        this.consumer = consumer;
        this.gaps = gaps;
        this.fresh = Math.max(SHORTEST_FRESH.toMillis(), 3 * looks.toMillis());
        this.movedAt = now;
    }

    TopicPartition key() {
        return key;
    }

    boolean isConsumedBy(Thread thread) {
        return consumer == thread;
    }

    /** {@link #UNKNOWN} until the broker has told. */
    synchronized long next() {
        return next;
    }

    /** Whether the next record has that offset; if not, the broker must be asked where to go on. */
    synchronized boolean expects(long offset) {
        return offset == next && next != UNKNOWN && !shortened;
    }

    /** Whether a consumer at that offset is further on than expected, in the same log as before. */
    synchronized boolean isPassedBy(long offset) {
        return next != UNKNOWN && !shortened && offset > next;
    }

    /**
     * The broker was asked, because the consumer is not where it was expected. Kafka would decide by {@code
     * auto.offset.reset}, and tell nobody.
     *
     * @param found the offset of the first record polled, or where the consumer is
     * @param committed the group's offset; null if it has none, or need not be known
     * @param start of the log
     * @param logEnd where its next record will be, counting what open transactions have written; need not be known where {@link
     *     #isPassedBy}
     */
    synchronized void placed(long found, @Nullable Long committed, long start, long logEnd, long now) {
        if (next == UNKNOWN) {
            startsAt(committed, start, logEnd);
        } else if (isShortenedBy(next, logEnd)) {
            restart(start, now);
        } else if (Math.max(start, found) < next) {
            // a commit failed, or the consumer began at the start of another log by itself: these may be other records
            settled.clear();
            slow.clear();
            next = Math.max(start, found);
        } else {
            // markers of transactions and compaction leave gaps, too: what is before the log's start is lost
            lost(Math.min(start, found));
            // a consumer that is before the log's start has not noticed yet what was told already
            next = Math.max(next, found);
        }
    }

    private void startsAt(@Nullable Long committed, long start, long logEnd) {
        next = start;
        if (committed == null) {
            // a log that starts at 0 has everything still, for a new group as for one whose offset expired
            tellAny(0, start, Why.NO_OFFSET);
        } else if (committed < start) {
            tellAny(committed, start, Why.DELETED);
        } else if (committed > logEnd) {
            tellAny(logEnd, committed, Why.LOG_SHORTENED);
        } else {
            next = committed;
        }
    }

    /** Everything that the log has now is new. */
    private void restart(long start, long now) {
        next = start;
        shortened = false;
        gapUncommitted = true;
        waitsUntil = start;
        settled.clear();
        slow.clear();
        inHand = false;
        movedAt = now;
    }

    /**
     * Finds out whether the log ends before what was processed long ago, as another log does, or one that lost a part; or
     * starts behind what is to be processed next. What is in hand is not lost.
     *
     * @param before where the next record was before the broker was asked; null if it was not known
     * @param start of the log; null if the broker did not tell
     * @param logEnd where its next record will be, counting what open transactions have written; null if it did not tell
     */
    synchronized void compare(@Nullable Long before, @Nullable Long start, @Nullable Long logEnd) {
        boolean anotherLog = before != null && logEnd != null && next >= before && isShortenedBy(before, logEnd);
        if (!anotherLog && !inHand && next != UNKNOWN && start != null) {
            lost(start);
        }
    }

    /** Each shorter log is told once; the next record is then to be placed anew. */
    private boolean isShortenedBy(long before, long logEnd) {
        if (!shortened && logEnd < before) {
            shortened = true;
            tellAny(logEnd, before, Why.LOG_SHORTENED);
        }
        return shortened;
    }

    private void lost(long start) {
        long from = next;
        while (settled.contains(from)) {
            from++;
        }
        tellAny(from, start, Why.DELETED);
        next = Math.max(next, start);
    }

    private void tellAny(long from, long to, Why why) {
        if (to > from) {
            gaps.accept(new Gap(key, from, to, why));
            gapUncommitted = true;
        }
    }

    /** What is to be committed though no record comes: all before is durable, or gone; {@link #UNKNOWN} if nothing. */
    synchronized long toCommit() {
        return gapUncommitted && !inHand && !shortened ? next : UNKNOWN;
    }

    /** The group's offset is that. */
    synchronized void committed(long offset) {
        gapUncommitted &= offset != next;
    }

    /** The records polled are the next ones, and are not lost any more if retention deletes them now. */
    synchronized void taken() {
        inHand = true;
    }

    synchronized void started(List<ConsumerRecord<byte[], byte[]>> records, long now) {
        next = records.get(0).offset();
        oldestMillis =
                records.stream().mapToLong(ConsumerRecord::timestamp).min().orElse(now);
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

    /** Its consumer waits, with these or others in hand, and will poll again whatever was. */
    synchronized void putBack(long now) {
        inHand = false;
        movedAt = now;
    }

    /**
     * These are what the consumer waits with.
     *
     * @return how often they or others did since the last success
     */
    synchronized int waits(List<ConsumerRecord<byte[], byte[]>> records, Cause cause) {
        waitsFor = cause;
        waitsUntil = records.get(records.size() - 1).offset() + 1;
        return ++failures;
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

    /**
     * Nothing is polled: what waited is deleted, or was no event, if the next record is behind it.
     *
     * @return whether this ended a wait
     */
    synchronized boolean endWait() {
        if (waitsFor == null || inHand || shortened || next < waitsUntil) {
            return false;
        }
        waitsFor = null;
        failures = 0;
        return true;
    }

    /** What may be polled now ends before that offset: what open transactions have written is no lag. */
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
    synchronized boolean isStuck(Duration longest, long now) {
        return lag() > 0 && !isEndStale(now) && now - movedAt > longest.toMillis();
    }

    private boolean isEndStale(long now) {
        return now - endKnownAt >= fresh;
    }
}

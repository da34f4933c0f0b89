package dev.pipelinetracker.listen;

import dev.pipelinetracker.engine.WorldFault.Cause;
import dev.pipelinetracker.listen.Places.Hand;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * How far a feed has come in the partitions that this worker has been assigned: what is processed, what waits and why,
 * and how old the oldest unprocessed record is. A partition that goes to another worker takes its state with it. Safe for
 * several threads: methods that are given records or a consumer are called on that consumer's thread, all others on any.
 */
final class Progress {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

    // the database's return must be noticed within seconds
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    // a person has to mend it: no need to hurry, nor to flood the log
    private static final Duration LONGEST_PAUSE_WHEN_STOPPED = Duration.ofSeconds(10);

    private final InstantSource clock;
    private final Places places;
    private final AtomicLong turns = new AtomicLong();
    private final Set<Object> refused = ConcurrentHashMap.newKeySet();
    private volatile boolean listening;

    Progress(InstantSource clock, Places places) {
        this.clock = clock;
        this.places = places;
    }

    /**
     * These records are in hand, and the oldest unprocessed ones of their partitions.
     *
     * @return what to process together, one after the other: all of it at once if that is no more than 16 MiB, but without
     *     what is durable already, and in smaller and smaller shares after they were too much for one statement, what is slow
     *     by itself last
     */
    List<List<ConsumerRecord<byte[], byte[]>>> started(List<ConsumerRecord<byte[], byte[]>> polled) {
        List<Hand> hands = places.hands(polled);
        Places.each(hands, (place, records) -> place.started(records, clock.millis()));
        return Shares.of(hands);
    }

    /** The outcomes of these are durable, though others' of their batch are not: they are not tried again. */
    void settled(List<ConsumerRecord<byte[], byte[]>> done) {
        Places.each(places.hands(done), (place, records) -> place.settled(records, clock.millis()));
    }

    /** The outcomes of all these are durable, and their offsets are committed next. */
    void acknowledged(List<ConsumerRecord<byte[], byte[]>> done) {
        Places.each(places.hands(done), (place, records) -> place.acknowledged(records, clock.millis()));
    }

    /** These records wait, and all others that the consumer has in hand are put back with them: how long. */
    Duration waiting(List<ConsumerRecord<byte[], byte[]>> inHand, Cause cause) {
        int[] failures = {1};
        putBack();
        Places.each(places.hands(inHand), (place, records) -> {
            failures[0] = Math.max(failures[0], place.waits(records, cause));
            if (cause == Cause.DATABASE_SLOW) {
                place.tooSlow(records.get(0).offset(), inHand.size(), turns.incrementAndGet());
            }
        });
        Duration longest = switch (cause) {
            case DATABASE_STOPPED, UNEXPECTED -> LONGEST_PAUSE_WHEN_STOPPED;
            case DATABASE_AWAY, DATABASE_BUSY, DATABASE_SLOW, DATABASE_READ_ONLY, BROKER, REGISTRY -> LONGEST_PAUSE;
        };
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures[0] - 1, 10));
        return pause.compareTo(longest) < 0 ? pause : longest;
    }

    /** The consumer waits, and with it whatever lies in its partitions. */
    private void putBack() {
        places.own().forEach(place -> place.putBack(clock.millis()));
    }

    /** The broker refuses that consumer, whose thread this is, and which will try again. */
    void refused(Object consumer) {
        refused.add(consumer);
        putBack();
    }

    /** The broker refuses that consumer no longer. */
    void accepted(Object consumer) {
        refused.remove(consumer);
    }

    /** The consumers are started. */
    void listening() {
        listening = true;
    }

    /** Where each assigned partition's next record is, as far as that is known. */
    Map<TopicPartition, Long> nextOffsets() {
        Map<TopicPartition, Long> next = new HashMap<>();
        places.all().forEach(place -> next.put(place.key(), place.next()));
        next.values().removeIf(offset -> offset == Place.UNKNOWN);
        return next;
    }

    /**
     * Tells of what was deleted and never processed, and of logs that are shorter than they were. The consumers go on at
     * the log's start.
     *
     * @param before where the next records were before the broker was asked for
     * @param starts where the logs start
     * @param ends where they end, counting what open transactions have written
     */
    void findGaps(Map<TopicPartition, Long> before, Map<TopicPartition, Long> starts, Map<TopicPartition, Long> ends) {
        places.all()
                .forEach(place ->
                        place.compare(before.get(place.key()), starts.get(place.key()), ends.get(place.key())));
    }

    /** The ends of what may be polled of the assigned partitions now, as the broker told. */
    void ends(Map<TopicPartition, Long> ends) {
        places.all().forEach(place -> {
            Long end = ends.get(place.key());
            if (end != null) {
                place.endsAt(end, clock.millis());
            }
        });
    }

    double lagRecords() {
        return places.all().stream().mapToLong(Place::lag).sum();
    }

    /** Age of the oldest unprocessed record; exact while it is in hand or waits, else since the lag was noticed. */
    double lagSeconds() {
        long now = clock.millis();
        return places.all().stream()
                        .mapToLong(place -> place.oldestAgeMillis(now))
                        .max()
                        .orElse(0)
                / 1000.0;
    }

    /** Whether records wait because the world is at fault, or are not even polled because the database is awaited. */
    boolean isPaused() {
        return !listening || waitsFor().isPresent();
    }

    /** What the feed waits for, if it waits. */
    Optional<Cause> waitsFor() {
        if (!refused.isEmpty()) {
            return Optional.of(Cause.BROKER);
        }
        return places.all().stream()
                .map(Place::waitsFor)
                .filter(Objects::nonNull)
                .findFirst();
    }

    /** The partitions in which nothing was as much as tried for so long, though records and broker are there. */
    List<TopicPartition> stuck(Duration limit) {
        return places.all().stream()
                .filter(place -> place.isStuck(limit, clock.millis()))
                .map(Place::key)
                .toList();
    }
}

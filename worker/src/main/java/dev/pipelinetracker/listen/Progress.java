package dev.pipelinetracker.listen;

import dev.pipelinetracker.engine.WorldFault.Cause;
import dev.pipelinetracker.listen.Gap.Why;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.ConsumerAwareRebalanceListener;

/**
 * How far a feed has come in the partitions that this worker has been assigned: what is processed, what waits and why,
 * and how old the oldest unprocessed record is. A partition that goes to another worker takes its state with it.
 */
final class Progress implements ConsumerAwareRebalanceListener {

    private static final Logger log = LoggerFactory.getLogger(Progress.class);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

    // the database's return must be noticed within seconds
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    // a person has to mend it: no need to hurry, nor to flood the log
    private static final Duration LONGEST_PAUSE_WHEN_STOPPED = Duration.ofSeconds(10);

    private static final Duration BROKER_TIMEOUT = Duration.ofSeconds(2);

    private final InstantSource clock;
    private final Duration looks;
    private final java.util.function.Consumer<Gap> gaps;
    private final java.util.function.Consumer<TopicPartition> released;
    private final Unanswered quiet = new Unanswered();
    private volatile boolean listening;
    private final Map<TopicPartition, PartitionProgress> assigned = new ConcurrentHashMap<>();
    private final AtomicLong turns = new AtomicLong();
    private final Set<Object> refused = ConcurrentHashMap.newKeySet();

    /**
     * @param looks how often the broker is asked for the ends of the logs
     * @param gaps is told of offsets that are gone
     * @param released is told of each partition that goes away
     */
    Progress(
            InstantSource clock,
            Duration looks,
            java.util.function.Consumer<Gap> gaps,
            java.util.function.Consumer<TopicPartition> released) {
        this.clock = clock;
        this.looks = looks;
        this.gaps = gaps;
        this.released = released;
    }

    @Override
    public void onPartitionsAssigned(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        partitions.forEach(partition ->
                assigned.put(partition, new PartitionProgress(Thread.currentThread(), looks, clock.millis())));
        try {
            findStart(consumer, partitions);
        } catch (KafkaException e) {
            // the broker does not answer now: each partition asks again, with its first records or without any
            log.debug("not known where to start", e);
        }
    }

    private void findStart(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        startAt(consumer, WhereToStart.ask(consumer, partitions, BROKER_TIMEOUT));
    }

    private void startAt(Consumer<?, ?> consumer, Map<TopicPartition, WhereToStart> places) {
        places.forEach((key, where) -> {
            PartitionProgress partition = mine(key);
            if (partition != null) {
                if (where.gap() != null) {
                    gaps.accept(where.gap());
                    partition.toldGap();
                }
                if (where.atLogStart()) {
                    consumer.seek(key, where.next());
                }
                partition.startsAt(where.next());
            }
        });
    }

    @Override
    public void onPartitionsRevokedBeforeCommit(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        release(partitions);
    }

    @Override
    public void onPartitionsLost(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        release(partitions);
    }

    private void release(Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> {
            PartitionProgress mine = mine(partition);
            // who hears late of a loss must not take it from whoever has it now
            if (mine != null && assigned.remove(partition, mine)) {
                released.accept(partition);
            }
        });
    }

    /**
     * Whether the polled records are the next ones to process. If not, because their log is not what it was, the consumer
     * was sent to the log's start, and will poll all of them again.
     *
     * @throws KafkaException if the broker does not tell in time; the consumer was sent back, and will poll them again
     */
    boolean isInPlace(Consumer<?, ?> consumer, List<ConsumerRecord<byte[], byte[]>> polled) {
        Map<TopicPartition, Long> firsts = new HashMap<>();
        polled.forEach(each -> firsts.putIfAbsent(new TopicPartition(each.topic(), each.partition()), each.offset()));
        boolean inPlace = false;
        try {
            List<TopicPartition> placed = place(consumer, firsts);
            inPlace = placed.stream().allMatch(key -> Objects.equals(firsts.get(key), next(key)));
        } finally {
            if (!inPlace) {
                // not simply to what was polled: some may have been sent elsewhere before, or just now
                firsts.forEach((key, first) -> {
                    long next = next(key);
                    consumer.seek(key, next == PartitionProgress.UNKNOWN ? first : Math.min(first, next));
                });
            }
        }
        return inPlace;
    }

    /** The partition, if it is the calling consumer's: another of this worker may have got it meanwhile. */
    private @Nullable PartitionProgress mine(TopicPartition key) {
        PartitionProgress partition = assigned.get(key);
        return partition != null && partition.isConsumedBy(Thread.currentThread()) ? partition : null;
    }

    private long next(TopicPartition key) {
        PartitionProgress partition = mine(key);
        return partition == null ? PartitionProgress.UNKNOWN : partition.next();
    }

    private List<TopicPartition> place(Consumer<?, ?> consumer, Map<TopicPartition, Long> firsts) {
        wentBack(consumer, firsts);
        List<TopicPartition> toPlace = new ArrayList<>();
        firsts.keySet().forEach(key -> {
            PartitionProgress partition = mine(key);
            if (partition != null && partition.isToPlace()) {
                toPlace.add(key);
            }
        });
        place(consumer, toPlace);
        return toPlace;
    }

    /**
     * Records before those that were processed: a commit failed, and they are delivered again; or the consumer found
     * another log, and began at its start by itself. What was remembered of their offsets is then of other records.
     */
    private void wentBack(Consumer<?, ?> consumer, Map<TopicPartition, Long> firsts) {
        Map<TopicPartition, Long> back = new HashMap<>(firsts);
        back.entrySet().removeIf(first -> first.getValue() >= next(first.getKey()));
        if (back.isEmpty()) {
            return;
        }
        consumer.endOffsets(back.keySet(), BROKER_TIMEOUT).forEach((key, end) -> {
            PartitionProgress partition = mine(key);
            if (partition != null) {
                foundEnd(key, partition, partition.next(), end);
                if (!partition.isShortened()) {
                    partition.wentBackTo(Objects.requireNonNull(back.get(key)));
                    released.accept(key);
                }
            }
        });
    }

    /** All answers come before any is applied: a time-out leaves all as they were. */
    private void place(Consumer<?, ?> consumer, List<TopicPartition> keys) {
        Map<Boolean, List<TopicPartition>> byShortened = keys.stream()
                .filter(key -> mine(key) != null)
                .collect(Collectors.partitioningBy(
                        key -> Objects.requireNonNull(mine(key)).isShortened()));
        List<TopicPartition> shortened = Objects.requireNonNull(byShortened.get(true));
        List<TopicPartition> unknown = Objects.requireNonNull(byShortened.get(false));
        Map<TopicPartition, Long> starts =
                shortened.isEmpty() ? Map.of() : consumer.beginningOffsets(shortened, BROKER_TIMEOUT);
        Map<TopicPartition, WhereToStart> places =
                unknown.isEmpty() ? Map.of() : WhereToStart.ask(consumer, unknown, BROKER_TIMEOUT);
        starts.forEach((key, start) -> {
            PartitionProgress partition = mine(key);
            if (partition != null) {
                partition.restarted(clock.millis());
                partition.startsAt(start);
                consumer.seek(key, start);
                released.accept(key);
            }
        });
        startAt(consumer, places);
    }

    /**
     * These records are in hand, and the oldest unprocessed ones of their partitions.
     *
     * @return what to process together, one after the other: all of it at once if that is no more than 16 MiB, but without
     *     what is durable already, and in smaller and smaller shares after they were too much for one statement, what is slow
     *     by itself last
     */
    List<List<ConsumerRecord<byte[], byte[]>>> started(List<ConsumerRecord<byte[], byte[]>> polled) {
        boolean[] whole = {true};
        int[] limit = {PartitionProgress.WHOLE};
        perPartition(polled, (partition, records) -> {
            partition.started(records, clock.millis());
            whole[0] &= partition.isWhole();
            limit[0] = Math.min(limit[0], partition.limit());
        });
        if (whole[0] && limit[0] >= polled.size() && Shares.isSmall(polled)) {
            return List.of(polled);
        }
        return Shares.of(polled, limit[0], this::mine);
    }

    /**
     * A partition has nothing more to poll. While the broker does not answer, one of a consumer's partitions asks at a
     * time: all of them in a row would keep it from polling, and from stopping, for the sum of their time-outs.
     */
    void idle(TopicPartition idle, Consumer<?, ?> consumer) {
        PartitionProgress partition = mine(idle);
        if (partition == null || !quiet.mayAsk(idle, clock.millis())) {
            return;
        }
        try {
            if (partition.isToPlace()) {
                place(consumer, List.of(idle));
            } else {
                partition.idleAt(consumer.position(idle, BROKER_TIMEOUT));
            }
        } catch (KafkaException e) {
            quiet.unanswered(idle, clock.millis());
            log.debug("the broker does not answer; the next time it may", e);
        }
    }

    /**
     * Commits where an idle partition is, if there is a gap before, so that who gets it next does not tell it again. On the
     * consumer's thread.
     *
     * @param areRecorded whether the gaps that were told are on record: nothing is committed before
     */
    void commitBehindGap(TopicPartition idle, Consumer<?, ?> consumer, BooleanSupplier areRecorded) {
        PartitionProgress partition = mine(idle);
        long next = partition == null ? PartitionProgress.UNKNOWN : partition.toCommit();
        if (partition == null
                || next == PartitionProgress.UNKNOWN
                || !areRecorded.getAsBoolean()
                || !quiet.mayAsk(idle, clock.millis())) {
            return;
        }
        try {
            consumer.commitSync(Map.of(idle, new OffsetAndMetadata(next)), BROKER_TIMEOUT);
            partition.committed(next);
        } catch (KafkaException e) {
            quiet.unanswered(idle, clock.millis());
            log.debug("not committed behind a gap; the next time it may be", e);
        }
    }

    /** The outcomes of these are durable, though others' of their batch are not: they are not tried again. */
    void settled(List<ConsumerRecord<byte[], byte[]>> done) {
        perPartition(done, (partition, records) -> partition.settled(records, clock.millis()));
    }

    /** The outcomes of all these are durable, and their offsets are committed next. */
    void acknowledged(List<ConsumerRecord<byte[], byte[]>> done) {
        perPartition(done, (partition, records) -> partition.acknowledged(records, clock.millis()));
    }

    /** These records wait: how long, before the next attempt. */
    Duration waiting(List<ConsumerRecord<byte[], byte[]>> inHand, Cause cause) {
        int[] failures = {1};
        // what lies in its other partitions waits, too
        consumerWaits();
        perPartition(inHand, (partition, records) -> {
            partition.waits(cause, clock.millis());
            if (cause == Cause.DATABASE_SLOW) {
                partition.tooSlow(records.get(0).offset(), inHand.size(), turns.incrementAndGet());
            }
            failures[0] = Math.max(failures[0], partition.failures());
        });
        Duration longest = switch (cause) {
            case DATABASE_STOPPED, UNEXPECTED -> LONGEST_PAUSE_WHEN_STOPPED;
            case DATABASE_AWAY, DATABASE_BUSY, DATABASE_SLOW, DATABASE_READ_ONLY, BROKER, REGISTRY -> LONGEST_PAUSE;
        };
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures[0] - 1, 10));
        return pause.compareTo(longest) < 0 ? pause : longest;
    }

    /** The ends of the assigned partitions' logs, as the broker told. */
    void ends(Map<TopicPartition, Long> ends) {
        ends.forEach((key, end) -> {
            PartitionProgress partition = assigned.get(key);
            if (partition != null) {
                partition.endsAt(end, clock.millis());
            }
        });
    }

    /** Where each assigned partition's next record is, as far as that is known. */
    Map<TopicPartition, Long> places() {
        Map<TopicPartition, Long> places = new HashMap<>();
        assigned.forEach((key, partition) -> {
            if (partition.isPlaceKnown()) {
                places.put(key, partition.next());
            }
        });
        return places;
    }

    /**
     * Tells of what was deleted and never processed, and of logs that are shorter than they were. The consumers go on at
     * the log's start.
     *
     * @param before where the next records were before the broker was asked for
     * @param starts where the logs start
     * @param ends where they end
     */
    void findGaps(Map<TopicPartition, Long> before, Map<TopicPartition, Long> starts, Map<TopicPartition, Long> ends) {
        assigned.forEach((key, partition) -> {
            long next = before.getOrDefault(key, PartitionProgress.UNKNOWN);
            long end = ends.getOrDefault(key, Long.MAX_VALUE);
            if (!foundEnd(key, partition, next, end) && starts.containsKey(key)) {
                partition.lostBefore(Objects.requireNonNull(starts.get(key))).forEach(lost -> {
                    gaps.accept(new Gap(key, lost.from(), lost.to(), Why.DELETED));
                    partition.toldGap();
                });
            }
        });
    }

    private boolean foundEnd(TopicPartition key, PartitionProgress partition, long next, long end) {
        boolean shortened = partition.isShortenedBy(next, end);
        if (shortened) {
            gaps.accept(new Gap(key, end, next, Why.LOG_SHORTENED));
        }
        return shortened;
    }

    Set<TopicPartition> partitions() {
        return assigned.keySet();
    }

    double lagRecords() {
        return assigned.values().stream().mapToLong(PartitionProgress::lag).sum();
    }

    /** Age of the oldest unprocessed record; exact while it is in hand or waits, else since the lag was noticed. */
    double lagSeconds() {
        long now = clock.millis();
        return assigned.values().stream()
                        .mapToLong(partition -> partition.oldestAgeMillis(now))
                        .max()
                        .orElse(0)
                / 1000.0;
    }

    /** Whether records wait because the world is at fault, or are not even polled because the database is awaited. */
    boolean isPaused() {
        return !listening || waitsFor().isPresent();
    }

    /** The consumers are started. */
    void listening() {
        listening = true;
    }

    private void consumerWaits() {
        assigned.values().forEach(partition -> partition.consumerWaits(Thread.currentThread(), clock.millis()));
    }

    /** The broker refuses that consumer, whose thread this is, and which will try again. */
    void refused(Object consumer) {
        refused.add(consumer);
        consumerWaits();
    }

    /** The broker refuses that consumer no longer. */
    void accepted(Object consumer) {
        refused.remove(consumer);
    }

    /** What the feed waits for, if it waits. */
    Optional<Cause> waitsFor() {
        if (!refused.isEmpty()) {
            return Optional.of(Cause.BROKER);
        }
        return assigned.values().stream()
                .map(PartitionProgress::waitsFor)
                .filter(Objects::nonNull)
                .findFirst();
    }

    /** The partitions in which nothing was as much as tried for so long, though records and broker are there. */
    List<TopicPartition> stuck(Duration limit) {
        List<TopicPartition> stuck = new ArrayList<>();
        assigned.forEach((key, partition) -> {
            if (partition.isStuck(limit, clock.millis())) {
                stuck.add(key);
            }
        });
        return stuck;
    }

    /** A polled batch has the records of a partition in one piece, by ascending offset. */
    private void perPartition(
            List<ConsumerRecord<byte[], byte[]>> polled,
            BiConsumer<PartitionProgress, List<ConsumerRecord<byte[], byte[]>>> action) {
        int from = 0;
        for (int to = 1; to <= polled.size(); to++) {
            if (to == polled.size()
                    || polled.get(to).partition() != polled.get(from).partition()) {
                TopicPartition key = new TopicPartition(
                        polled.get(from).topic(), polled.get(from).partition());
                PartitionProgress partition = mine(key);
                if (partition != null) {
                    action.accept(partition, polled.subList(from, to));
                }
                from = to;
            }
        }
    }
}

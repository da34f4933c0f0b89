package dev.pipelinetracker.listen;

import dev.pipelinetracker.engine.WorldFault.Cause;
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
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.springframework.kafka.listener.ConsumerAwareRebalanceListener;

/**
 * How far a feed has come in the partitions that this worker has been assigned: what is processed, what waits and why,
 * and how old the oldest unprocessed record is. A partition that goes to another worker takes its state with it.
 */
final class Progress implements ConsumerAwareRebalanceListener {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

    // the database's return must be noticed within seconds
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    // a person has to mend it: no need to hurry, nor to flood the log
    private static final Duration LONGEST_PAUSE_WHEN_STOPPED = Duration.ofSeconds(10);

    private static final Duration POSITION_TIMEOUT = Duration.ofSeconds(2);
    private static final int TRIES_OF_THE_WHOLE_BATCH = 3;

    private final InstantSource clock;
    private volatile boolean listening;
    private final Map<TopicPartition, PartitionProgress> assigned = new ConcurrentHashMap<>();
    private final Set<Object> refused = ConcurrentHashMap.newKeySet();

    Progress(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public void onPartitionsAssigned(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            long next;
            try {
                next = consumer.position(partition, POSITION_TIMEOUT);
            } catch (KafkaException e) {
                // the broker does not answer now: the first batch will tell
                next = -1;
            }
            assigned.put(partition, new PartitionProgress(next, clock.millis()));
        }
    }

    @Override
    public void onPartitionsRevokedBeforeCommit(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        partitions.forEach(assigned::remove);
    }

    @Override
    public void onPartitionsLost(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        partitions.forEach(assigned::remove);
    }

    /**
     * These records are in hand, and the oldest unprocessed ones of their partitions.
     *
     * @return how many of them to process at once: all, but fewer and fewer after they were too much for one statement
     */
    int started(List<ConsumerRecord<byte[], byte[]>> polled) {
        int[] halvings = {0};
        perPartition(polled, (partition, records) -> {
            partition.started(records, clock.millis());
            halvings[0] = Math.max(halvings[0], partition.halvings());
        });
        return Math.max(1, polled.size() >> Math.min(halvings[0], Integer.SIZE - 1));
    }

    /** A partition has nothing more to poll, whose consumer's position is this. */
    void idle(TopicPartition idle, long position) {
        PartitionProgress partition = assigned.get(idle);
        if (partition != null) {
            partition.idleAt(position);
        }
    }

    /** The outcomes of these records are durable. */
    void processed(List<ConsumerRecord<byte[], byte[]>> done) {
        perPartition(done, (partition, records) -> partition.processed(records, clock.millis()));
    }

    /** These records wait: how long, before the next attempt. */
    Duration waiting(List<ConsumerRecord<byte[], byte[]>> inHand, Cause cause) {
        int[] failures = {1};
        perPartition(inHand, (partition, records) -> {
            // a smaller batch takes less time
            boolean halve = cause == Cause.DATABASE_SLOW && partition.failures() + 1 >= TRIES_OF_THE_WHOLE_BATCH;
            partition.waits(cause, halve, clock.millis());
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

    /**
     * The starts of the assigned partitions' logs, as the broker told: what they have passed is deleted, and was never
     * processed. The consumers go on at the log's start by themselves ({@code auto.offset.reset=earliest}).
     *
     * @return how many offsets were lost in each partition that lost any since the last call
     */
    Map<TopicPartition, Long> lost(Map<TopicPartition, Long> starts) {
        Map<TopicPartition, Long> lost = new HashMap<>();
        starts.forEach((key, start) -> {
            PartitionProgress partition = assigned.get(key);
            long gone = partition == null ? 0 : partition.lostBefore(start);
            if (gone > 0) {
                lost.put(key, gone);
            }
        });
        return lost;
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

    /** The broker refuses that consumer, which will try again. */
    void refused(Object consumer) {
        refused.add(consumer);
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

    /** The partitions in which nothing has moved for so long, though records and broker are there. */
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
                PartitionProgress partition = assigned.get(key);
                if (partition != null) {
                    action.accept(partition, polled.subList(from, to));
                }
                from = to;
            }
        }
    }
}

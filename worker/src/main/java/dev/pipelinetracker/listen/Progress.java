package dev.pipelinetracker.listen;

import dev.pipelinetracker.engine.WorldFault.Cause;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.listener.ConsumerAwareRebalanceListener;

/**
 * How far a feed has come in the partitions that this worker has been assigned: what is processed, what waits and why,
 * and how old the oldest unprocessed record is. A partition that goes to another worker takes its state with it.
 *
 * <p>Written by the consumers' threads, each for its own partitions; read by any thread.
 */
final class Progress implements ConsumerAwareRebalanceListener {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

    // the database's return must be noticed within seconds
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    // a person has to mend it: no need to hurry, nor to flood the log
    private static final Duration LONGEST_PAUSE_WHEN_STOPPED = Duration.ofSeconds(10);

    private static final Duration POSITION_TIMEOUT = Duration.ofSeconds(2);

    private final InstantSource clock;
    private final Map<TopicPartition, Partition> assigned = new ConcurrentHashMap<>();

    Progress(InstantSource clock) {
        this.clock = clock;
    }

    private static final class Partition {

        /** Offset of the next record to process; -1 while unknown. */
        volatile long next = -1;

        /** The offset that the log's next record will get; -1 while unknown. */
        volatile long end = -1;

        /** A jump over offsets, from one that was to be processed next to the one that came; -1 if there was none. */
        volatile long jumpFrom = -1;

        volatile long jumpTo = -1;

        /** Timestamp of the oldest record known to be unprocessed, else when lag was noticed; null without lag. */
        volatile @Nullable Long oldestMillis;

        volatile @Nullable Cause waitsFor;
        /** Attempts since the last success; only the consumer's thread reads and writes it. */
        int failures;

        long lag() {
            return next < 0 || end < 0 ? 0 : Math.max(0, end - next);
        }
    }

    @Override
    public void onPartitionsAssigned(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            Partition fresh = new Partition();
            try {
                fresh.next = consumer.position(partition, POSITION_TIMEOUT);
            } catch (KafkaException e) {
                // the broker does not answer now: the first batch will tell
                fresh.next = -1;
            }
            assigned.put(partition, fresh);
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

    /** These records are in hand, and the oldest unprocessed ones of their partitions. */
    void started(List<ConsumerRecord<byte[], byte[]>> polled) {
        perPartition(polled, (partition, records) -> {
            long oldest = records.get(0).timestamp();
            for (ConsumerRecord<byte[], byte[]> inHand : records) {
                oldest = Math.min(oldest, inHand.timestamp());
            }
            long first = records.get(0).offset();
            if (partition.next >= 0 && first > partition.next) {
                // markers of transactions and compaction leave gaps, too: the log's start will tell
                partition.jumpFrom = partition.next;
                partition.jumpTo = first;
            }
            partition.next = first;
            partition.oldestMillis = oldest;
        });
    }

    /** The outcomes of these records are durable. */
    void processed(List<ConsumerRecord<byte[], byte[]>> polled) {
        perPartition(polled, (partition, records) -> {
            partition.next = records.get(records.size() - 1).offset() + 1;
            partition.oldestMillis = null;
            partition.waitsFor = null;
            partition.failures = 0;
        });
    }

    /** These records wait: how long, before the next attempt. */
    Duration waiting(List<ConsumerRecord<byte[], byte[]>> polled, Cause cause) {
        int[] failures = {1};
        perPartition(polled, (partition, records) -> {
            partition.waitsFor = cause;
            partition.failures++;
            failures[0] = Math.max(failures[0], partition.failures);
        });
        Duration longest = switch (cause) {
            case DATABASE_STOPPED, UNEXPECTED -> LONGEST_PAUSE_WHEN_STOPPED;
            case DATABASE_AWAY, DATABASE_BUSY, DATABASE_READ_ONLY, BROKER, REGISTRY -> LONGEST_PAUSE;
        };
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures[0] - 1, 10));
        return pause.compareTo(longest) < 0 ? pause : longest;
    }

    /** The ends of the assigned partitions' logs, as the broker told. */
    void ends(Map<TopicPartition, Long> ends) {
        ends.forEach((key, end) -> {
            Partition partition = assigned.get(key);
            if (partition == null) {
                return;
            }
            partition.end = end;
            if (partition.lag() == 0) {
                partition.oldestMillis = null;
            } else if (partition.oldestMillis == null) {
                partition.oldestMillis = clock.millis();
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
            Partition partition = assigned.get(key);
            if (partition == null) {
                return;
            }
            long gone = Math.max(0, start - partition.next);
            if (partition.next < 0 || gone == 0) {
                gone = 0;
            } else {
                partition.next = start;
            }
            if (partition.jumpFrom >= 0) {
                gone += Math.max(0, Math.min(start, partition.jumpTo) - partition.jumpFrom);
                partition.jumpFrom = -1;
            }
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
        return assigned.values().stream().mapToLong(Partition::lag).sum();
    }

    /** Age of the oldest unprocessed record; exact while it is in hand or waits, else since the lag was noticed. */
    double lagSeconds() {
        return assigned.values().stream()
                        .mapToLong(partition -> {
                            Long oldest = partition.oldestMillis;
                            return oldest == null ? 0 : Math.max(0, clock.millis() - oldest);
                        })
                        .max()
                        .orElse(0)
                / 1000.0;
    }

    /** What the feed waits for, if it waits. */
    Optional<Cause> waitsFor() {
        for (Partition partition : assigned.values()) {
            Cause cause = partition.waitsFor;
            if (cause != null) {
                return Optional.of(cause);
            }
        }
        return Optional.empty();
    }

    /** A polled batch has the records of a partition in one piece, by ascending offset. */
    private void perPartition(
            List<ConsumerRecord<byte[], byte[]>> polled,
            BiConsumer<Partition, List<ConsumerRecord<byte[], byte[]>>> action) {
        int from = 0;
        for (int to = 1; to <= polled.size(); to++) {
            if (to == polled.size()
                    || polled.get(to).partition() != polled.get(from).partition()) {
                TopicPartition key = new TopicPartition(
                        polled.get(from).topic(), polled.get(from).partition());
                Partition partition = assigned.get(key);
                if (partition != null) {
                    action.accept(partition, polled.subList(from, to));
                }
                from = to;
            }
        }
    }
}

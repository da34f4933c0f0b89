package dev.pipelinetracker.replay;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.springframework.kafka.core.ConsumerFactory;

/**
 * Reads offset ranges of a topic with a consumer of its own: it is assigned its partitions, so it is in no group and no
 * group notices it. A range ends by position, not by count: compaction and transaction markers leave holes.
 */
public final class Batches implements AutoCloseable {

    /** Records of a batch, at most. */
    public static final int MOST = 5_000;

    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration CLOSE = Duration.ofSeconds(2);

    private final Consumer<byte[], byte[]> consumer;
    private final String topic;
    private final Silence silence;
    private final Map<Integer, Long> ends = new HashMap<>();
    private final Map<Integer, Long> next = new TreeMap<>();

    /**
     * A batch.
     *
     * @param records none if the broker sent none in time
     * @param next by partition: the offset after the batch
     */
    public record Batch(List<ConsumerRecord<byte[], byte[]>> records, Map<Integer, Long> next) {}

    /** Reads from {@code next} to {@code ends}, by partition. */
    Batches(
            ConsumerFactory<byte[], byte[]> consumers,
            String topic,
            Map<Integer, Long> next,
            Map<Integer, Long> ends,
            int mostRecords,
            Silence silence) {
        Properties own = new Properties();
        own.setProperty(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, Integer.toString(mostRecords));
        // what retention deletes under way is to be told, not skipped
        own.setProperty(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        this.consumer = consumers.createConsumer(null, "pipeline-tracker-replay", null, own);
        this.topic = topic;
        this.silence = silence;
        this.ends.putAll(ends);
        seek(next);
    }

    /** Goes to these offsets. */
    public void seek(Map<Integer, Long> offsets) {
        next.putAll(offsets);
        consumer.assign(next.keySet().stream()
                .map(partition -> new TopicPartition(topic, partition))
                .toList());
        // those that were read to their end are paused, and assigning them again would not change that
        consumer.resume(consumer.assignment());
        next.forEach((partition, offset) -> consumer.seek(new TopicPartition(topic, partition), offset));
        pauseFinished();
    }

    /** Whether all ranges are read. */
    public boolean isFinished() {
        return next.entrySet().stream().allMatch(at -> at.getValue() >= end(at.getKey()));
    }

    /**
     * Reads on.
     *
     * @throws FailedException if retention has deleted what was to be read next, or the broker does not let us read, or has
     *     sent nothing for minutes
     */
    public Batch read() {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        Map<Integer, Long> before = Map.copyOf(next);
        try {
            for (ConsumerRecord<byte[], byte[]> polled : consumer.poll(POLL)) {
                if (polled.offset() < end(polled.partition())) {
                    records.add(polled);
                }
            }
            for (TopicPartition partition : consumer.assignment()) {
                next.put(partition.partition(), Math.min(consumer.position(partition), end(partition.partition())));
            }
        } catch (OffsetOutOfRangeException e) {
            throw new FailedException(
                    "retention has deleted records of %s that were still to be read. Run it again to see how many; a replay goes on without them with --resume ID --accept-gap."
                            .formatted(e.offsetOutOfRangePartitions().keySet()),
                    e);
        } catch (KafkaException e) {
            throw new FailedException(
                    "topic %s cannot be read (%s). Check spring.kafka.*, then try again."
                            .formatted(topic, e.getMessage()),
                    e);
        }
        silence.heard(!before.equals(next));
        pauseFinished();
        return new Batch(records, new TreeMap<>(next));
    }

    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(CLOSE));
    }

    private long end(int partition) {
        return ends.getOrDefault(partition, 0L);
    }

    private void pauseFinished() {
        consumer.pause(next.entrySet().stream()
                .filter(at -> at.getValue() >= end(at.getKey()))
                .map(at -> new TopicPartition(topic, at.getKey()))
                .toList());
    }
}

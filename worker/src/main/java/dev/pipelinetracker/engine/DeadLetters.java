package dev.pipelinetracker.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Sends rejected records to a feed's dead-letter topic: key, value and headers byte for byte, and headers that say why.
 * All values of the added headers are UTF-8 text, numbers in decimal.
 */
public final class DeadLetters implements RejectedRecords {

    /** Appended to a feed's topic: where its dead letters go. */
    public static final String TOPIC_SUFFIX = ".dlt";

    // Kafka counts headers into the record's size: a detail must not make a record too large that was not
    private static final int LONGEST_DETAIL = 500;

    private final Producer<byte[], byte[]> producer;

    /** Acknowledged, of batches of which other letters are not yet: those are delivered again, and these not sent again. */
    private final Map<TopicPartition, Set<Long>> acknowledged = new ConcurrentHashMap<>();

    /**
     * Sends with that producer.
     *
     * @param producer waits for all in-sync replicas ({@code acks=all}), and no longer than its delivery.timeout.ms
     */
    public DeadLetters(Producer<byte[], byte[]> producer) {
        this.producer = producer;
    }

    /**
     * Returns once the broker has acknowledged all of them.
     *
     * @throws WorldFault if it has not, whatever the reason: the records must be delivered again. Those that it has
     *     acknowledged are not sent again then, until all of their batch are, or {@link #forget} is called; some whose
     *     acknowledgement was lost may be in the dead-letter topic twice.
     */
    @Override
    public void settle(List<RejectedRecord> rejected) {
        ConfirmedSends<ConsumerRecord<byte[], byte[]>> sends = new ConfirmedSends<>(producer, this::remember);
        for (RejectedRecord each : rejected) {
            if (!isAcknowledged(each.polled())) {
                sends.send(each.polled(), toProduce(each));
            }
        }
        if (!sends.flush().isEmpty()) {
            // none is ever skipped: the partition waits until the dead-letter topic takes it
            throw ConfirmedSends.unacknowledged(new RecordTooLargeException());
        }
        rejected.forEach(each -> acknowledged.computeIfPresent(place(each.polled()), (partition, offsets) -> {
            offsets.remove(each.polled().offset());
            return offsets.isEmpty() ? null : offsets;
        }));
    }

    /** The partition goes to somebody else, or its records are no longer the same. */
    void forget(TopicPartition partition) {
        acknowledged.remove(partition);
    }

    private boolean isAcknowledged(ConsumerRecord<byte[], byte[]> letter) {
        return acknowledged.getOrDefault(place(letter), Set.of()).contains(letter.offset());
    }

    private void remember(ConsumerRecord<byte[], byte[]> letter) {
        acknowledged
                .computeIfAbsent(place(letter), partition -> ConcurrentHashMap.newKeySet())
                .add(letter.offset());
    }

    private static TopicPartition place(ConsumerRecord<byte[], byte[]> letter) {
        return new TopicPartition(letter.topic(), letter.partition());
    }

    private static ProducerRecord<byte[], byte[]> toProduce(RejectedRecord letter) {
        ConsumerRecord<byte[], byte[]> rejected = letter.polled();
        Headers headers = new RecordHeaders(rejected.headers().toArray());
        add(headers, "tracker-reason", letter.why().reason().label());
        add(headers, "tracker-detail", shorten(letter.why().detail()));
        add(headers, "tracker-topic", rejected.topic());
        add(headers, "tracker-partition", Integer.toString(rejected.partition()));
        add(headers, "tracker-offset", Long.toString(rejected.offset()));
        add(headers, "tracker-timestamp", Long.toString(rejected.timestamp()));
        add(headers, "tracker-attempt", "1");
        // no timestamp: the broker's retention of dead letters counts from now, however old the record is
        return new ProducerRecord<>(
                rejected.topic() + TOPIC_SUFFIX, null, null, rejected.key(), rejected.value(), headers);
    }

    private static void add(Headers headers, String name, String value) {
        headers.add(name, value.getBytes(UTF_8));
    }

    private static String shorten(String detail) {
        return detail.length() <= LONGEST_DETAIL ? detail : detail.substring(0, LONGEST_DETAIL);
    }
}

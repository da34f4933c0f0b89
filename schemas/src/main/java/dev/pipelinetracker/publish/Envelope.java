package dev.pipelinetracker.publish;

import java.util.concurrent.CompletableFuture;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** An event on its way. */
final class Envelope {
    private final EventFeed feed;
    private final String topic;
    private final byte[] key;
    private final byte[] value;
    private final @Nullable SpecificRecord event;
    private final FeedEncoder<?> encoder;
    private final long acceptedNanos = System.nanoTime();
    private final CompletableFuture<RecordMetadata> delivery = new CompletableFuture<>();
    private boolean settled;

    /** @param event a copy of the event for a serializer of the user's; null if the value is ours */
    Envelope(
            EventFeed feed,
            String topic,
            byte[] key,
            byte[] value,
            @Nullable SpecificRecord event,
            FeedEncoder<?> encoder) {
        this.feed = feed;
        this.topic = topic;
        this.key = key;
        this.value = value;
        this.event = event;
        this.encoder = encoder;
    }

    EventFeed feed() {
        return feed;
    }

    /** What it counts in the buffer. */
    long size() {
        return key.length + (long) value.length;
    }

    long acceptedNanos() {
        return acceptedNanos;
    }

    /** True at the first call, which then is the one that settles it. To be called under the backlog's lock. */
    boolean settle() {
        boolean first = !settled;
        settled = true;
        return first;
    }

    CompletableFuture<RecordMetadata> delivery() {
        return delivery;
    }

    /** @throws RuntimeException the registry's, if the schema's id must be asked for and is not given */
    ProducerRecord<byte[], Object> toProduce() {
        return new ProducerRecord<>(topic, key, event != null ? event : encoder.identified(value));
    }
}

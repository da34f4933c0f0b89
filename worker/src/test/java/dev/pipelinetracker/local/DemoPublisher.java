package dev.pipelinetracker.local;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Publishes believable events at a steady average rate, and a broken record every 30 seconds, until it is closed. A record
 * counts as published once the broker has confirmed it.
 */
final class DemoPublisher implements AutoCloseable {

    private static final Duration BETWEEN_BROKEN = Duration.ofSeconds(30);
    private static final Duration FIRST_BROKEN_AFTER = Duration.ofSeconds(5);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

    private final double eventsPerSecond;
    private final InstantSource clock = InstantSource.system();
    private final RandomGenerator random = RandomGenerator.getDefault();
    private final BelievableEvents events = new BelievableEvents(DemoOrganizations.ALL, random);
    private final UnreliableDelivery<OutgoingRecord> delivery = new UnreliableDelivery<>(random);
    private final EventEncoding encoding;
    private final BrokenRecords broken;
    private final KafkaProducer<byte[], byte[]> producer;
    private final AtomicLong published = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread = new Thread(this::publish, "demo-publisher");

    private DemoPublisher(String bootstrapServers, EventEncoding encoding, int eventsPerSecond) {
        this.eventsPerSecond = eventsPerSecond;
        this.encoding = encoding;
        this.broken = new BrokenRecords(random, encoding);
        this.producer = new KafkaProducer<>(Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ProducerConfig.CLIENT_ID_CONFIG,
                "demo-publisher",
                ProducerConfig.ACKS_CONFIG,
                "all",
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                true,
                ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
                ByteArraySerializer.class,
                ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG,
                ByteArraySerializer.class));
    }

    /** @param eventsPerSecond 0 publishes nothing */
    static DemoPublisher start(String bootstrapServers, EventEncoding encoding, int eventsPerSecond) {
        DemoPublisher publisher = new DemoPublisher(bootstrapServers, encoding, eventsPerSecond);
        publisher.thread.start();
        return publisher;
    }

    /** Records that the broker has confirmed. */
    long published() {
        return published.get();
    }

    /** Records that the broker has not confirmed within the producer's own limit of two minutes. */
    long failed() {
        return failed.get();
    }

    /** Ends the runs that are open, delivers what was held back, and waits up to 10 seconds for the confirmations. */
    @Override
    public void close() {
        closing.countDown();
        try {
            thread.join(CLOSE_LIMIT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        producer.close(CLOSE_LIMIT);
    }

    private void publish() {
        if (eventsPerSecond == 0) {
            return;
        }
        long nextBroken = System.nanoTime() + FIRST_BROKEN_AFTER.toNanos();
        while (!closesWithin(pause())) {
            delivery.pass(outgoing(events.next(clock.instant()))).forEach(this::send);
            if (System.nanoTime() >= nextBroken) {
                send(broken.next(clock.instant()));
                nextBroken = System.nanoTime() + BETWEEN_BROKEN.toNanos();
            }
        }
        delivery.flush().forEach(this::send);
        events.cancelAll(clock.instant()).forEach(end -> send(outgoing(end)));
    }

    private OutgoingRecord outgoing(SpecificRecord event) {
        // org_id is the first field of every event, see the .avsc
        return encoding.record((UUID) event.get(0), event);
    }

    private void send(OutgoingRecord record) {
        var unused = producer.send(
                new ProducerRecord<>(record.topic(), record.key(), record.value()),
                (place, failure) -> (failure == null ? published : failed).incrementAndGet());
    }

    /** Exponentially distributed: many jobs that know nothing of each other. */
    private long pause() {
        return (long) (-Math.log(1 - random.nextDouble()) / eventsPerSecond * TimeUnit.SECONDS.toNanos(1));
    }

    private boolean closesWithin(long nanos) {
        try {
            return closing.await(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}

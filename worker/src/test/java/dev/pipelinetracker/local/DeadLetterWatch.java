package dev.pipelinetracker.local;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Prints a line for each new dead letter: whence it came and why. Reads along; commits nothing and belongs to no group. */
final class DeadLetterWatch implements AutoCloseable {

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final PrintStream out;
    private final Thread thread = new Thread(this::watch, "dead-letter-watch");

    private DeadLetterWatch(String bootstrapServers, PrintStream out) {
        this.out = out;
        this.consumer = new KafkaConsumer<>(Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers,
                ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class,
                ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class));
    }

    /** Those that are there already are passed over. */
    static DeadLetterWatch start(String bootstrapServers, PrintStream out) {
        DeadLetterWatch watch = new DeadLetterWatch(bootstrapServers, out);
        List<TopicPartition> partitions = Arrays.stream(DemoFeed.values())
                .flatMap(feed -> watch.consumer.partitionsFor(feed.deadLetterTopic()).stream())
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        watch.consumer.assign(partitions);
        watch.consumer.seekToEnd(partitions);
        // Now, not at the first poll: what is rejected from here on is new.
        partitions.forEach(watch.consumer::position);
        watch.thread.start();
        return watch;
    }

    @Override
    public void close() {
        consumer.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void watch() {
        try (consumer) {
            while (true) {
                consumer.poll(Duration.ofSeconds(1)).forEach(letter -> out.println(line(letter)));
            }
        } catch (WakeupException e) {
            // close() wants the loop to end
        }
    }

    private static String line(ConsumerRecord<byte[], byte[]> letter) {
        return "dead letter %s-%d@%d from %s-%s@%s: %s, %s"
                .formatted(
                        letter.topic(),
                        letter.partition(),
                        letter.offset(),
                        header(letter, "tracker-topic"),
                        header(letter, "tracker-partition"),
                        header(letter, "tracker-offset"),
                        header(letter, "tracker-reason"),
                        header(letter, "tracker-detail"));
    }

    private static String header(ConsumerRecord<byte[], byte[]> letter, String name) {
        Header header = letter.headers().lastHeader(name);
        return header == null ? "?" : new String(header.value(), StandardCharsets.UTF_8);
    }
}

package dev.pipelinetracker.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalBrokerTest {

    private static final NewTopic TOPIC = new NewTopic("kept", 3, (short) 1);

    @TempDir
    private Path folder;

    @Test
    void keepsItsRecordsAcrossARestart() throws Exception {
        int port = Loopback.freePort();
        try (LocalBroker broker = LocalBroker.start(folder, port)) {
            broker.createTopics(List.of(TOPIC));
            broker.createTopics(List.of(TOPIC, new NewTopic("later", 1, (short) 1)));
            send(broker, "before the restart");
        }

        try (LocalBroker broker = LocalBroker.start(folder, port)) {
            send(broker, "after it");
            assertThat(read(broker)).containsExactly("before the restart", "after it");
        }
    }

    private static void send(LocalBroker broker, String value) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new StringSerializer(),
                new StringSerializer())) {
            producer.send(new ProducerRecord<>(TOPIC.name(), 2, null, value)).get(30, TimeUnit.SECONDS);
        }
    }

    private static List<String> read(LocalBroker broker) {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new StringDeserializer(),
                new StringDeserializer())) {
            TopicPartition partition = new TopicPartition(TOPIC.name(), 2);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            List<String> values = new ArrayList<>();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (values.size() < 2 && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }
}

package dev.pipelinetracker.replay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pipelinetracker.support.RealBroker;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;

/** Reading offset ranges of a real broker's topic. */
class BatchesTest {

    private final String topic = "batches-" + UUID.randomUUID();
    private final StringWriter said = new StringWriter();

    @BeforeEach
    void createTopic() {
        RealBroker.createTopics(2, topic);
    }

    @Test
    void aBrokerThatSendsNothingIsToldAndGivenUp() {
        for (int i = 0; i < 5; i++) {
            RealBroker.sendAll(List.of(new ProducerRecord<>(topic, 0, null, "record".getBytes(UTF_8))));
        }
        // as if the broker held back the sixth
        try (Batches batches = read(Map.of(0, 0L), Map.of(0, 6L))) {
            int[] records = {0};
            assertThatThrownBy(() -> {
                        while (!batches.isFinished()) {
                            records[0] += batches.read().records().size();
                        }
                    })
                    .isInstanceOf(FailedException.class)
                    .hasMessageContaining("has sent nothing of topic " + topic)
                    .hasMessageContaining("try again");
            assertThat(records[0]).isEqualTo(5);
        }
        assertThat(said.toString().lines()).as("not for each attempt").hasSizeBetween(1, 2);
        assertThat(said.toString()).contains("waiting");
    }

    @Test
    void aRangeWithHolesAndOneThatEndsWithAHoleAreReadToTheirEnds() {
        Map<String, Object> settings = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                RealBroker.bootstrapServers(),
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                topic,
                ProducerConfig.LINGER_MS_CONFIG,
                0);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            // committed: offset 0, its marker 1; aborted: 2, its marker 3; and so on, the last offset is a marker
            for (int i = 0; i < 4; i++) {
                producer.beginTransaction();
                for (int partition = 0; partition < 2; partition++) {
                    assertThat(producer.send(new ProducerRecord<>(topic, partition, null, "record".getBytes(UTF_8))))
                            .succeedsWithin(Duration.ofSeconds(30));
                }
                if (i % 2 == 0) {
                    producer.commitTransaction();
                } else {
                    producer.abortTransaction();
                }
            }
        }
        List<String> found = new ArrayList<>();
        try (Batches batches = read(Map.of(0, 0L, 1, 1L), Map.of(0, 8L, 1, 4L))) {
            while (!batches.isFinished()) {
                batches.read().records().forEach(record -> found.add(record.partition() + "@" + record.offset()));
            }
        }
        assertThat(found)
                .as("what is left, or was never committed, is nobody's")
                .containsExactlyInAnyOrder("0@0", "0@4");
    }

    @Test
    void whatRetentionDeletesUnderWayIsToldNotSkipped() throws Exception {
        for (int i = 0; i < 5; i++) {
            RealBroker.sendAll(List.of(new ProducerRecord<>(topic, 0, null, "record".getBytes(UTF_8))));
        }
        try (var admin = RealBroker.admin()) {
            admin.deleteRecords(Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(3)))
                    .all()
                    .get();
        }
        try (Batches batches = read(Map.of(0, 0L), Map.of(0, 5L))) {
            assertThatThrownBy(() -> {
                        while (!batches.isFinished()) {
                            batches.read();
                        }
                    })
                    .isInstanceOf(FailedException.class)
                    .hasMessageContaining("retention has deleted")
                    .hasMessageContaining("--accept-gap");
        }
    }

    private Batches read(Map<Integer, Long> next, Map<Integer, Long> ends) {
        PrintWriter writer = new PrintWriter(said, true);
        Silence silence = new Silence(
                new Operator(writer, writer, null, false), topic, Duration.ofSeconds(6), Duration.ofSeconds(12));
        Map<String, Object> settings = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                RealBroker.bootstrapServers(),
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed");
        return new Batches(
                new DefaultKafkaConsumerFactory<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer()),
                topic,
                next,
                ends,
                2,
                silence);
    }
}

package dev.pipelinetracker.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pipelinetracker.support.RealBroker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On a real broker. */
class ConfirmedSendsTest {

    private final String topic = "confirmed-" + UUID.randomUUID();
    private final List<String> acknowledged = new ArrayList<>();
    private final Producer<byte[], byte[]> producer = new KafkaProducer<>(
            Map.of(
                    "bootstrap.servers",
                    RealBroker.bootstrapServers(),
                    "max.block.ms",
                    1_000,
                    "max.request.size",
                    3_000_000),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    private final ConfirmedSends<String> sends = new ConfirmedSends<>(producer, acknowledged::add);

    @BeforeEach
    void create() {
        RealBroker.createTopics(1, topic);
    }

    @AfterEach
    void close() {
        producer.close();
    }

    @Test
    void whatTheBrokerHasIsToldAndWhatIsTooLargeIsSetAside() {
        sends.send("one", produced(topic, 10));
        sends.send("larger than the producer's limit", produced(topic, 4_000_000));
        sends.send("larger than the topic's", produced(topic, 2_000_000));
        sends.send("two", produced(topic, 10));

        assertThat(sends.flush()).containsExactly("larger than the producer's limit", "larger than the topic's");
        assertThat(acknowledged).containsExactly("one", "two");
        assertThat(RealBroker.readAll(topic)).hasSize(2);
        assertThat(sends.flush()).as("of the next batch").isEmpty();
    }

    @Test
    void theFirstFailureIsThrownAtOnceAndThoseBeforeAreToldEvenSo() {
        sends.send("one", produced(topic, 10));

        assertThatThrownBy(() -> sends.send("nowhere", produced("no-such-" + topic, 10)))
                .isInstanceOf(WorldFault.class)
                .hasMessage("dead letters not acknowledged: TimeoutException");

        assertThat(acknowledged).containsExactly("one");
        assertThat(sends.flush()).isEmpty();
    }

    @Test
    void aRejectedRecordThatIsTooLargeIsNeverSkippedAndItsNeighbourIsSentOnce() {
        RealBroker.createTopics(1, topic + DeadLetters.TOPIC_SUFFIX);
        DeadLetters letters = new DeadLetters(producer);
        List<RejectedRecord> batch = List.of(rejected(0, 2_000_000), rejected(1, 10));
        for (int delivery = 0; delivery < 2; delivery++) {
            assertThatThrownBy(() -> letters.settle(batch))
                    .isInstanceOf(WorldFault.class)
                    .hasCauseInstanceOf(RecordTooLargeException.class);
        }
        assertThat(RealBroker.readAll(topic + DeadLetters.TOPIC_SUFFIX)).hasSize(1);
    }

    private RejectedRecord rejected(long offset, int bytes) {
        return new RejectedRecord(
                new org.apache.kafka.clients.consumer.ConsumerRecord<>(
                        topic, 0, offset, "key".getBytes(UTF_8), new byte[bytes]),
                new Outcome.Rejected(Outcome.Reason.UNREADABLE, "a test"));
    }

    private static ProducerRecord<byte[], byte[]> produced(String topic, int bytes) {
        return new ProducerRecord<>(topic, new byte[bytes]);
    }
}

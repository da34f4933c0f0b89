package dev.pipelinetracker.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** What Kafka offers beside the default: transactions, and the consumer protocol of KIP-848. */
class ConsumersTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = RealPostgres.freshDatabase();
    private final UUID organization = database.organization("Consumers");
    private final String prefix = RunningWorker.createTopics(1);

    @Test
    void ofTransactionsOnlyTheCommittedEventsAreStoredAndTheirMarkersAreNoLag() {
        try (Producer<byte[], byte[]> producer = transactionalProducer();
                RunningWorker worker = RunningWorker.start(prefix, database)) {
            producer.initTransactions();
            producer.beginTransaction();
            var aborted = producer.send(event(1));
            producer.flush();
            assertThat(aborted).isDone();
            producer.abortTransaction();
            producer.beginTransaction();
            var committed = producer.send(event(2));
            producer.commitTransaction();
            assertThat(committed).isDone();

            await().atMost(SOON).until(() -> worker.count("tracker.events", "outcome", "inserted") == 1);
            await().atMost(SOON)
                    .during(Duration.ofSeconds(3))
                    .until(() -> worker.gauge("tracker.lag.records", "feed", "pipeline-runs") == 0
                            && worker.gauge("tracker.lag", "feed", "pipeline-runs") == 0);
            assertThat(worker.count("tracker.offsets.gone")).isZero();
        }
    }

    @Test
    void theConsumerProtocolCanBeSwitchedOn() {
        RealBroker.send(
                prefix + "pipeline-runs",
                Events.key(organization),
                Events.bytes(PipelineRun.class, Events.run(organization, 1)));
        try (RunningWorker worker =
                RunningWorker.start(prefix, database, "spring.kafka.consumer.properties.group.protocol=consumer")) {
            await().atMost(SOON).until(() -> worker.count("tracker.events", "outcome", "inserted") == 1);
        }
    }

    @Test
    void aPoolThatDoesNotCommitIsRefusedAndNothingIsCounted() {
        RealBroker.send(
                prefix + "pipeline-runs",
                Events.key(organization),
                Events.bytes(PipelineRun.class, Events.run(organization, 1)));
        try (RunningWorker worker =
                RunningWorker.start(prefix, database, "spring.datasource.hikari.auto-commit=false")) {
            await().atMost(SOON).until(() -> worker.count("tracker.retries", "cause", "unexpected") > 0);
            assertThat(worker.count("tracker.events")).isZero();
        }
    }

    private ProducerRecord<byte[], byte[]> event(int number) {
        return new ProducerRecord<>(
                prefix + "pipeline-runs",
                Events.key(organization),
                Events.bytes(PipelineRun.class, Events.run(organization, number)));
    }

    private static Producer<byte[], byte[]> transactionalProducer() {
        return new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        RealBroker.bootstrapServers(),
                        ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                        "consumers-test-" + UUID.randomUUID()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }
}

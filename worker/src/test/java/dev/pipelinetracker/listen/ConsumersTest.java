package dev.pipelinetracker.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** Consumers at what Kafka offers beside the default, transactions and the protocol of KIP-848; and one that dies. */
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
    void anOpenTransactionBeforeTheGroupsOffsetIsNoShorterLog() throws Exception {
        RealBroker.sendAll(List.of(event(0)));
        try (Producer<byte[], byte[]> producer = transactionalProducer();
                Admin admin = RealBroker.admin()) {
            producer.initTransactions();
            producer.beginTransaction();
            for (int number = 1; number <= 5; number++) {
                var unusedSent = producer.send(event(number));
            }
            producer.flush();
            admin.alterConsumerGroupOffsets(
                            Listening.GROUP_PREFIX + "pipeline-runs",
                            Map.of(new TopicPartition(prefix + "pipeline-runs", 0), new OffsetAndMetadata(4)))
                    .all()
                    .get();
            try (RunningWorker worker = RunningWorker.start(prefix, database)) {
                await().atMost(SOON).until(() -> worker.gauge("tracker.paused", "feed", "pipeline-runs") == 0);
                // several looks at the log's end
                await().atMost(SOON)
                        .during(Duration.ofSeconds(2))
                        .until(() -> worker.count("tracker.offsets.gone") == 0 && worker.count("tracker.events") == 0);

                producer.commitTransaction();
                await().atMost(SOON).until(() -> worker.count("tracker.events", "outcome", "inserted") == 2);
                assertThat(worker.count("tracker.events")).isEqualTo(2);
                assertThat(worker.count("tracker.offsets.gone")).isZero();
            }
        }
    }

    @Test
    void aDeadConsumerTurnsLivenessDownAndNothingElse() {
        try (RunningWorker worker = RunningWorker.start(
                prefix,
                database,
                "spring.kafka.consumer.properties.interceptor.classes=" + Deadly.class.getName(),
                "spring.kafka.consumer.properties.deadly.topic=" + prefix + "pipeline-runs")) {
            await().atMost(SOON).until(() -> status(worker, "dependencies") == 200);
            assertThat(status(worker, "liveness")).isEqualTo(200);

            RealBroker.sendAll(List.of(event(1)));

            await().atMost(SOON).until(() -> status(worker, "liveness") == 503);
            assertThat(worker.get("/actuator/health/liveness").body()).contains("\"dead\":[\"pipeline-runs\"]");
            assertThat(status(worker, "readiness")).isEqualTo(200);
            assertThat(status(worker, "dependencies")).isEqualTo(200);
            RealBroker.send(
                    prefix + "insights",
                    Events.key(organization),
                    Events.bytes(SourceInsight.class, Events.insight(organization, 1)));
            await().atMost(SOON)
                    .until(() -> worker.count("tracker.events", "feed", "insights", "outcome", "inserted") == 1);
        }
    }

    private static int status(RunningWorker worker, String group) {
        return worker.get("/actuator/health/" + group).statusCode();
    }

    /** Ends the thread of the consumer that polls anything of the topic {@code deadly.topic}, as an OutOfMemoryError does. */
    public static final class Deadly implements ConsumerInterceptor<byte[], byte[]> {

        private String topic = "";

        @Override
        public void configure(Map<String, ?> settings) {
            topic = String.valueOf(settings.get("deadly.topic"));
        }

        @Override
        public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> polled) {
            if (polled.records(topic).iterator().hasNext()) {
                throw new StackOverflowError("of this test");
            }
            return polled;
        }

        @Override
        public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {}

        @Override
        public void close() {}
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

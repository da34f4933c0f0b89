package dev.pipelinetracker.publishing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.publish.EventFeed;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * A thousand events of each feed from publishers that none of us wrote, by way of any registry: every field of every row is
 * what was sent.
 */
@TestInstance(Lifecycle.PER_CLASS)
abstract class ForeignPublishersContract {

    private static final int COUNT = 1_000;

    private final long seed = new Random().nextLong();
    private @Nullable Database database;
    private @Nullable RunningWorker worker;

    /** The base URL of the registry that publisher and worker share. */
    abstract URI registry();

    @BeforeEach
    void startOnce() {
        if (worker == null) {
            database = RealPostgres.freshDatabase();
            worker = RunningWorker.start(RunningWorker.createTopics(3), database, "tracker.registry.url=" + registry());
        }
    }

    @AfterAll
    void stop() {
        if (worker != null) {
            worker.close();
        }
    }

    @Test
    void aThousandEventsOfEachFeedByConfluentsJavaSerializerAreStoredFieldByField() {
        UUID organization = database().organization("Confluent's Java");
        ClassSecurityValidator.ClassSecurityPredicate before = ClassSecurityValidator.getGlobal();
        // Confluent's code finds our classes by the schema's name, which Avro forbids by default
        ClassSecurityValidator.setGlobal(ClassSecurityValidator.composite(
                before, type -> type.getPackageName().equals(PipelineRun.class.getPackageName())));
        try {
            for (EventFeed feed : EventFeed.values()) {
                List<SpecificRecord> events = new SomeEvents(organization, seed).of(feed, COUNT);
                sendByConfluentsSerializer(feed, organization, events);
                assertStored(feed, organization, events);
            }
        } finally {
            ClassSecurityValidator.setGlobal(before);
        }
    }

    @Test
    void aThousandEventsOfEachFeedByPythonsAvroProducerAreStoredFieldByField() throws Exception {
        Python.assumeInstalled();
        UUID organization = database().organization("Confluent's Python");
        for (EventFeed feed : EventFeed.values()) {
            List<SpecificRecord> events = new SomeEvents(organization, seed).of(feed, COUNT);
            String topic = worker().topic(feed.label());
            Python.Outcome run = Python.run(
                    events.stream().map(Object::toString).collect(Collectors.joining("\n")),
                    Python.EXAMPLES.resolve("avro_producer.py").toString(),
                    "--feed=" + feed,
                    "--bootstrap=" + RealBroker.bootstrapServers(),
                    "--registry=" + registry(),
                    "--topic-prefix="
                            + topic.substring(0, topic.length() - feed.label().length()));
            assertThat(run.output()).as("seed %d", seed).endsWith(COUNT + " events delivered\n");
            assertThat(run.exitCode()).isZero();
            assertStored(feed, organization, events);
        }
    }

    private void sendByConfluentsSerializer(EventFeed feed, UUID organization, List<SpecificRecord> events) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers",
                RealBroker.bootstrapServers(),
                "key.serializer",
                "org.apache.kafka.common.serialization.StringSerializer",
                "value.serializer",
                "io.confluent.kafka.serializers.KafkaAvroSerializer",
                "schema.registry.url",
                registry().toString(),
                "avro.remove.java.properties",
                true);
        AtomicInteger delivered = new AtomicInteger();
        try (KafkaProducer<String, Object> producer = new KafkaProducer<>(settings)) {
            for (SpecificRecord event : events) {
                var unused = producer.send(
                        new ProducerRecord<>(worker().topic(feed.label()), organization.toString(), event),
                        (place, failure) -> {
                            if (failure == null) {
                                delivered.incrementAndGet();
                            }
                        });
            }
            producer.flush();
        }
        assertThat(delivered).hasValue(COUNT);
    }

    private void assertStored(EventFeed feed, UUID organization, List<SpecificRecord> events) {
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(
                                StoredEvents.of(database(), feed, organization).keySet())
                        .hasSize(COUNT));
        Map<String, Map<String, Object>> stored = StoredEvents.of(database(), feed, organization);
        Map<String, Map<String, Object>> expected = StoredEvents.expected(feed, events);
        assertThat(stored.keySet()).as("seed %d", seed).isEqualTo(expected.keySet());
        expected.forEach((identity, row) ->
                assertThat(stored.get(identity)).as("seed %d", seed).isEqualTo(row));
        assertThat(RealBroker.readAll(worker().topic(feed.label()) + ".dlt")).isEmpty();
    }

    private Database database() {
        return Objects.requireNonNull(database);
    }

    private RunningWorker worker() {
        return Objects.requireNonNull(worker);
    }
}

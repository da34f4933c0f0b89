package dev.pipelinetracker.publishing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.RunType;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.local.LocalRegistry;
import dev.pipelinetracker.publish.Deliveries;
import dev.pipelinetracker.publish.EventFeed;
import dev.pipelinetracker.publish.OnFailure;
import dev.pipelinetracker.publish.Pipeline;
import dev.pipelinetracker.publish.PublishException;
import dev.pipelinetracker.publish.Publisher;
import dev.pipelinetracker.publish.PublisherSettings;
import dev.pipelinetracker.publish.Run;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.wire.EventDecoder;
import dev.pipelinetracker.wire.InvalidEventException;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import dev.pipelinetracker.wire.UnreadableEventException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class PublisherTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

    private final SchemaRegistry registry = new SchemaRegistry(RegistrySettings.at(URI.create(RealRegistry.url())));
    private final UUID organization = UUID.randomUUID();
    private final Pipeline pipeline = new Pipeline(organization, "orders", "Orders 📦", RunType.etl_rag);
    private final Map<EventFeed, String> topics = new HashMap<>();

    @BeforeEach
    void createTopics() {
        String prefix = "p" + UUID.randomUUID().toString().substring(0, 8) + ".";
        for (EventFeed feed : EventFeed.values()) {
            topics.put(feed, prefix + feed.label());
            RealBroker.createTopics(2, prefix + feed.label());
        }
    }

    @Test
    void aRunThatReturnsIsRunningThenCompletedUnderOneTimeOrderedIdAndItsOrganizationsKey() throws Exception {
        long before = System.currentTimeMillis();
        try (Publisher publisher = Publisher.connect(settings().withProgressInterval(Duration.ZERO))) {
            publisher.run(pipeline, run -> {
                run.progress(10);
                run.progress(20);
            });
        }
        List<PipelineRun> states = read(EventFeed.PIPELINE_RUNS, PipelineRun.class);
        assertThat(states)
                .extracting(PipelineRun::getStatus)
                .containsExactly(RunStatus.running, RunStatus.running, RunStatus.running, RunStatus.completed);
        assertThat(states).extracting(PipelineRun::getRecordsProcessed).containsExactly(0L, 10L, 20L, 20L);
        assertThat(states).extracting(PipelineRun::getTimestamp).isSorted().doesNotHaveDuplicates();
        assertThat(states).extracting(PipelineRun::getDurationSeconds).isSorted();
        assertThat(states)
                .extracting(PipelineRun::getPipelineId)
                .containsOnly(states.get(0).getPipelineId());
        assertThat(states.get(0).getPipelineId().version()).isEqualTo(7);
        assertThat(states.get(0).getPipelineId().variant()).isEqualTo(2);
        assertThat(states.get(0).getPipelineId().getMostSignificantBits() >>> 16)
                .isBetween(before, System.currentTimeMillis());
        assertThat(RealBroker.readAll(topic(EventFeed.PIPELINE_RUNS)))
                .extracting(ConsumerRecord::key)
                .containsOnly(Events.key(organization));
    }

    @Test
    void aRunThatThrowsIsFailedWithAnErrorThatCanBeStoredAndTheJobSeesItsOwnException() throws Exception {
        IOException broken = new IOException("disk \0 full \uD800 " + "x".repeat(100_000));
        try (Publisher publisher = Publisher.connect(settings())) {
            assertThatThrownBy(() -> publisher.run(pipeline, run -> {
                        run.progress(7);
                        throw broken;
                    }))
                    .isSameAs(broken);
        }
        PipelineRun end = last(read(EventFeed.PIPELINE_RUNS, PipelineRun.class));
        assertThat(end.getStatus()).isEqualTo(RunStatus.failed);
        assertThat(end.getRecordsProcessed()).isEqualTo(7);
        assertThat(end.getErrorMessage())
                .startsWith("java.io.IOException: disk \uFFFD full \uFFFD x")
                .hasSize(8_000);
    }

    @Test
    void aScopeThatIsLeftBeforeItIsCompletedIsFailed() throws Exception {
        try (Publisher publisher = Publisher.connect(settings())) {
            try (Run run = publisher.start(pipeline)) {
                assertThat(run.complete().get(30, TimeUnit.SECONDS).hasOffset()).isTrue();
            }
            try (Run left = publisher.start(pipeline)) {
                left.progress(3);
            }
        }
        List<PipelineRun> states = read(EventFeed.PIPELINE_RUNS, PipelineRun.class);
        assertThat(states)
                .extracting(PipelineRun::getStatus)
                .containsExactly(RunStatus.running, RunStatus.completed, RunStatus.running, RunStatus.failed);
        assertThat(last(states).getErrorMessage()).isEqualTo("The run was left before it was completed");
    }

    @Test
    void everyEventHasAConfirmedFutureAndArrivesAsItWasWhenItWasPublished() throws Exception {
        List<CompletableFuture<RecordMetadata>> deliveries = new ArrayList<>();
        try (Publisher publisher = Publisher.connect(settings())) {
            for (int i = 0; i < 1_000; i++) {
                SourceInsight insight = Events.insight(organization, i);
                deliveries.add(publisher.publish(insight));
                insight.setRecordsAnalyzed(-1);
                deliveries.add(publisher.publish(Events.chart(organization, i)));
            }
            assertThat(publisher.flush(SOON)).isEqualTo(new Deliveries(2_000, 0, 0));
            assertThat(deliveries).allMatch(delivery -> delivery.isDone() && !delivery.isCompletedExceptionally());
        }
        assertThat(read(EventFeed.INSIGHTS, SourceInsight.class))
                .hasSize(1_000)
                .allMatch(insight -> insight.getRecordsAnalyzed() >= 0)
                .contains(Events.insight(organization, 999));
        assertThat(read(EventFeed.VISUALIZATIONS, Visualization.class)).contains(Events.chart(organization, 999));
    }

    @Test
    void anInvalidEventNeverLeavesAndSaysFieldAndRule() {
        PipelineRun invalid = Events.run(organization, 1);
        invalid.setSourceId("");
        try (Publisher publisher = Publisher.connect(settings())) {
            CompletableFuture<RecordMetadata> delivery = publisher.publish(invalid);
            assertThat(catchThrowable(delivery::join))
                    .isInstanceOf(CompletionException.class)
                    .hasRootCauseInstanceOf(InvalidEventException.class)
                    .hasRootCauseMessage("source_id: must not be empty");
            assertThat(publisher.deliveries()).isEqualTo(new Deliveries(0, 1, 0));
        }
        try (Publisher strict = Publisher.connect(settings().withOnFailure(OnFailure.THROW))) {
            assertThatThrownBy(() -> strict.publish(invalid))
                    .isInstanceOf(PublishException.class)
                    .hasMessage("pipeline-runs: source_id: must not be empty");
        }
        assertThat(RealBroker.readAll(topic(EventFeed.PIPELINE_RUNS))).isEmpty();
    }

    @Test
    void anOutageOfKafkaNeverBreaksNorHoldsUpTheJobAndIsCounted() {
        PublisherSettings away = PublisherSettings.of("127.0.0.1:" + closedPort(), registry)
                .withBufferBytes(2_000)
                .withTimeouts(Duration.ofMillis(300), Duration.ofMillis(300))
                .withProgressInterval(Duration.ZERO);
        long start = System.nanoTime();
        Publisher publisher = Publisher.connect(away);
        publisher.run(pipeline, run -> {
            for (int i = 0; i < 10_000; i++) {
                run.progress(i);
            }
        });
        assertThat(publisher.flush(Duration.ofMillis(100)).pending()).isPositive();
        publisher.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        assertThat(publisher.deliveries()).isEqualTo(new Deliveries(0, 10_002, 0));
    }

    @Test
    void anOutageOfTheRegistryIsNoMoreToTheJobThanOneOfKafka() {
        SchemaRegistry away = new SchemaRegistry(RegistrySettings.at(URI.create("http://127.0.0.1:" + closedPort())));
        Publisher publisher = Publisher.connect(PublisherSettings.of(RealBroker.bootstrapServers(), away)
                .withTimeouts(Duration.ofMillis(300), Duration.ofMillis(300)));
        CompletableFuture<RecordMetadata> delivery = publisher.publish(Events.run(organization, 1));
        publisher.close();
        assertThat(delivery).isCompletedExceptionally();
        assertThat(publisher.deliveries()).isEqualTo(new Deliveries(0, 1, 0));
        assertThat(publisher.publish(Events.run(organization, 1))).isCompletedExceptionally();
    }

    @Test
    void whoAsksForItIsToldOfAnOutageByAnExceptionThatNeverHidesTheJobsOwn() {
        PublisherSettings strict = PublisherSettings.of(
                        Map.of("bootstrap.servers", "127.0.0.1:" + closedPort(), "max.block.ms", 200), registry)
                .withOnFailure(OnFailure.THROW)
                .withTimeouts(Duration.ofMillis(300), Duration.ofMillis(300));
        Publisher publisher = Publisher.connect(strict);
        assertThatThrownBy(() -> publisher.requireReady(EventFeed.INSIGHTS)).isInstanceOf(PublishException.class);
        var unused = publisher.publish(Events.run(organization, 1));
        assertThatThrownBy(() -> publisher.flush(SOON))
                .isInstanceOf(PublishException.class)
                .hasMessageStartingWith("pipeline-runs: TimeoutException");
        assertThatThrownBy(() -> publisher.run(pipeline, run -> {
                    throw new IllegalStateException("the job's own");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the job's own");
        assertThatThrownBy(publisher::close).isInstanceOf(PublishException.class);
    }

    @Test
    void aJobThatMayOnlyReadTheRegistryPublishesAndAsksItOnce() throws Exception {
        String subject = EventFeed.subject(topic(EventFeed.INSIGHTS));
        try (ReadingRegistry reading = new ReadingRegistry(RealRegistry.url())) {
            PublisherSettings settings = at(PublisherSettings.of(
                    RealBroker.bootstrapServers(), new SchemaRegistry(RegistrySettings.at(reading.url()))));
            try (Publisher publisher = Publisher.connect(settings)) {
                // Not registered yet, and this job may not do it.
                assertThatThrownBy(() -> publisher.requireReady(EventFeed.INSIGHTS))
                        .isInstanceOf(PublishException.class)
                        .hasMessageContaining("403");
            }
            try (Publisher registers = Publisher.connect(settings())) {
                registers.requireReady(EventFeed.INSIGHTS);
            }
            reading.asked().clear();
            try (Publisher publisher = Publisher.connect(settings)) {
                publisher.requireReady(EventFeed.INSIGHTS);
                for (int i = 0; i < 3; i++) {
                    publisher.publish(Events.insight(organization, i)).get(30, TimeUnit.SECONDS);
                }
            }
            assertThat(reading.asked()).containsExactly("POST /subjects/" + subject);
        }
        assertThat(registry.versions(subject)).hasSize(1);
        assertThat(registry.versions(subject).get(1)).doesNotContain("avro.java.string");
    }

    @Test
    void whatWasPublishedWhileTheRegistryWasAwayIsDeliveredWhenItIsBack(@TempDir Path folder) throws Exception {
        int port = closedPort();
        URI url = URI.create("http://127.0.0.1:" + port);
        PublisherSettings settings =
                at(PublisherSettings.of(RealBroker.bootstrapServers(), new SchemaRegistry(RegistrySettings.at(url))));
        try (Publisher publisher = Publisher.connect(settings)) {
            CompletableFuture<RecordMetadata> delivery = publisher.publish(Events.run(organization, 1));
            assertThat(publisher.flush(Duration.ofMillis(1_500))).isEqualTo(new Deliveries(0, 0, 1));
            try (LocalRegistry back = LocalRegistry.start(folder.resolve("registry.json"), port)) {
                delivery.get(60, TimeUnit.SECONDS);
                assertThat(publisher.flush(FOREVER)).isEqualTo(new Deliveries(1, 0, 0));
                assertThat(back.url()).isEqualTo(url);
            }
        }
        assertThat(RealBroker.readAll(topic(EventFeed.PIPELINE_RUNS))).hasSize(1);
    }

    @Test
    void confluentsOwnSerializerIsUsedIfItIsSetAndItsBytesAreOurs() throws Exception {
        ClassSecurityValidator.ClassSecurityPredicate before = ClassSecurityValidator.getGlobal();
        Map<String, Object> kafka = Map.of(
                "bootstrap.servers", RealBroker.bootstrapServers(),
                "value.serializer", "io.confluent.kafka.serializers.KafkaAvroSerializer",
                "schema.registry.url", RealRegistry.url());
        SourceInsight event = Events.insight(organization, 5);
        try (Publisher ours = Publisher.connect(settings());
                Publisher confluents = Publisher.connect(at(PublisherSettings.of(kafka, null)))) {
            ours.publish(event).get(30, TimeUnit.SECONDS);
            CompletableFuture<RecordMetadata> delivery = confluents.publish(event);
            event.setRecordsAnalyzed(6);
            delivery.get(30, TimeUnit.SECONDS);
        } finally {
            ClassSecurityValidator.setGlobal(before);
        }
        List<ConsumerRecord<byte[], byte[]>> both = RealBroker.readAll(topic(EventFeed.INSIGHTS));
        assertThat(both).hasSize(2);
        assertThat(both.get(1).value()).isEqualTo(both.get(0).value());
        assertThat(both.get(1).key()).isEqualTo(both.get(0).key());
        assertThat(registry.versions(EventFeed.subject(topic(EventFeed.INSIGHTS))))
                .hasSize(1);
    }

    @Test
    void settingsThatContradictConfirmedDeliveryAreRefusedAndSecretsAreNotPrinted() {
        assertThatThrownBy(() -> PublisherSettings.of(Map.of("acks", "1"), registry))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PublisherSettings.of(Map.of("enable.idempotence", false), registry))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PublisherSettings.of("x:1", null)).isInstanceOf(IllegalArgumentException.class);
        assertThat(PublisherSettings.of(Map.of("sasl.jaas.config", "password=secret"), registry))
                .asString()
                .doesNotContain("secret");
    }

    private String topic(EventFeed feed) {
        return java.util.Objects.requireNonNull(topics.get(feed));
    }

    private PublisherSettings settings() {
        return at(PublisherSettings.of(RealBroker.bootstrapServers(), registry));
    }

    private PublisherSettings at(PublisherSettings settings) {
        PublisherSettings changed = settings;
        for (Map.Entry<EventFeed, String> topic : topics.entrySet()) {
            changed = changed.withTopic(topic.getKey(), topic.getValue());
        }
        return changed;
    }

    /** In the order of offsets, which is that of publishing: one organization has one partition. */
    private <E extends SpecificRecord> List<E> read(EventFeed feed, Class<E> type) throws UnreadableEventException {
        EventDecoder<E> decoder = new EventDecoder<>(type, registry);
        List<E> events = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> polled : RealBroker.readAll(topic(feed))) {
            events.add(decoder.decode(polled.value()));
        }
        return events;
    }

    private static <E> E last(List<E> events) {
        return events.get(events.size() - 1);
    }

    private static int closedPort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}

package dev.pipelinetracker.publishing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunType;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.local.LocalBroker;
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
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** The publisher where it is pressed: an outage under way, many threads, a record that Kafka does not take. */
@Timeout(180)
@ExtendWith(OutputCaptureExtension.class)
class PublisherLimitsTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private final SchemaRegistry registry = new SchemaRegistry(RegistrySettings.at(URI.create(RealRegistry.url())));
    private final UUID organization = UUID.randomUUID();
    private final Pipeline pipeline = new Pipeline(organization, "orders", "Orders", RunType.etl);
    private final String topic = "limits-" + organization;

    @TempDir
    private Path folder;

    @Test
    void anOutageWithinARunIsOverComeOrCountedAndLoggedOnceAndNeverHoldsUpTheJob(CapturedOutput output)
            throws Exception {
        int port = freePort();
        PublisherSettings settings = PublisherSettings.of(
                        Map.of(
                                "bootstrap.servers", "127.0.0.1:" + port,
                                "delivery.timeout.ms", 20_000,
                                "request.timeout.ms", 2_000,
                                "linger.ms", 0,
                                "reconnect.backoff.max.ms", 200),
                        registry)
                .withTopic(EventFeed.PIPELINE_RUNS, topic)
                .withProgressInterval(Duration.ZERO);
        LocalBroker broker = broker(port);
        try (Publisher publisher = Publisher.connect(settings)) {
            try (Run run = publisher.start(pipeline)) {
                assertThat(publisher.flush(SOON)).isEqualTo(new Deliveries(1, 0, 0));

                broker.close();
                assertQuick(() -> IntStream.range(0, 100).forEach(run::progress));
                assertThat(publisher.deliveries().pending()).isPositive();
                broker = broker(port);
                assertThat(publisher.flush(SOON)).isEqualTo(new Deliveries(101, 0, 0));
                assertThat(output).doesNotContain("not published");

                broker.close();
                assertQuick(() -> IntStream.range(0, 100).forEach(run::progress));
                assertThat(publisher.flush(SOON)).isEqualTo(new Deliveries(101, 100, 0));
                // All are given up at about the same moment: one line, not a hundred.
                assertThat(output.getAll().split("not published; the last: pipeline-runs: TimeoutException", -1))
                        .hasSizeBetween(2, 3);
                broker = broker(port);
                assertThat(run.complete().get(60, TimeUnit.SECONDS).hasOffset()).isTrue();
            }
        } finally {
            broker.close();
        }
        assertThat(output).contains("102 events were published, 100 were not");
    }

    @Test
    void manyThreadsShareOneAndEveryEventArrivesOnce() throws Exception {
        RealBroker.createTopics(3, topic);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (Publisher publisher = Publisher.connect(onRealBroker().withTopic(EventFeed.PIPELINE_RUNS, topic))) {
            List<Future<?>> jobs = IntStream.range(0, 8)
                    .<Future<?>>mapToObj(thread -> threads.submit(() -> {
                        for (int i = 0; i < 1_000; i++) {
                            PipelineRun run = Events.run(organization, thread * 1_000 + i);
                            var unused = publisher.publish(run);
                        }
                    }))
                    .toList();
            for (Future<?> job : jobs) {
                job.get(60, TimeUnit.SECONDS);
            }
            assertThat(publisher.flush(SOON)).isEqualTo(new Deliveries(8_000, 0, 0));
        } finally {
            threads.shutdownNow();
        }
        assertThat(RealBroker.readAll(topic).stream()
                        .map(sent -> java.nio.ByteBuffer.wrap(sent.value()))
                        .distinct())
                .hasSize(8_000);
    }

    @Test
    void anEventThatKafkaDoesNotTakeSaysSoAndHoldsUpNoOther() {
        RealBroker.createTopics(1, topic);
        Visualization large = Events.chart(organization, 1);
        large.setChartConfig("{\"data\": \"" + "x".repeat(1_100_000) + "\"}");
        String reason = "visualizations: the event's 11001.. bytes exceed what Kafka takes, by default 1 MiB"
                + " \\(RecordTooLargeException: .*max.request.size.*\\)";
        PublisherSettings settings = onRealBroker().withTopic(EventFeed.VISUALIZATIONS, topic);
        try (Publisher publisher = Publisher.connect(settings)) {
            var tooLarge = publisher.publish(large);
            var unused = publisher.publish(Events.chart(organization, 2));
            assertThat(publisher.flush(SOON)).isEqualTo(new Deliveries(1, 1, 0));
            assertThatThrownBy(tooLarge::join)
                    .cause()
                    .isInstanceOf(PublishException.class)
                    .message()
                    .matches(reason);
        }
        try (Publisher strict = Publisher.connect(settings.withOnFailure(OnFailure.THROW))) {
            var unused = strict.publish(large);
            assertThatThrownBy(() -> strict.flush(SOON))
                    .isInstanceOf(PublishException.class)
                    .message()
                    .matches(reason);
        }
        assertThat(RealBroker.readAll(topic)).hasSize(1);
    }

    private PublisherSettings onRealBroker() {
        return PublisherSettings.of(RealBroker.bootstrapServers(), registry);
    }

    private LocalBroker broker(int port) throws Exception {
        LocalBroker broker = LocalBroker.start(folder, port);
        broker.createTopics(List.of(new NewTopic(topic, 1, (short) 1)));
        return broker;
    }

    private static void assertQuick(Runnable work) {
        long start = System.nanoTime();
        work.run();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}

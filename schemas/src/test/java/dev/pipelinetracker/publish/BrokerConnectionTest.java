package dev.pipelinetracker.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pipelinetracker.events.InsightOrigin;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.wire.EventSchemas;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.avro.util.ClassSecurityValidator.ClassSecurityPredicate;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kafka's real producer where there is no broker. */
@Timeout(60)
class BrokerConnectionTest {

    private static final String UNRESOLVABLE = "no-such-host.invalid:9092";

    @BeforeAll
    static void setLimits() {
        // copying an event loads Avro's limits, which other tests of this JVM want to be ours
        assertThat(EventSchemas.avsc(PipelineRun.class)).isNotEmpty();
    }

    @Test
    void names_that_do_not_resolve_are_an_outage_and_break_no_job() {
        Publisher publisher = Publisher.connect(at(UNRESOLVABLE));
        CompletableFuture<RecordMetadata> delivery = publisher.publish(event());
        assertThat(publisher.flush(Duration.ofMillis(100))).isEqualTo(new Deliveries(0, 0, 1));
        assertThatThrownBy(() -> new BrokerConnection(() -> ConfirmedProducer.of(at(UNRESOLVABLE))).requireTopic("t"))
                .isInstanceOf(UnresolvedBrokersException.class);
        publisher.close();
        assertThat(delivery).isCompletedExceptionally();
        assertThat(publisher.deliveries()).isEqualTo(new Deliveries(0, 1, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "kafka", "127.0.0.1:port", "127.0.0.1:99999"})
    void names_that_are_none_are_a_mistake_told_at_once(String servers) {
        assertThatThrownBy(() -> Publisher.connect(at(servers)))
                .isInstanceOf(KafkaException.class)
                .isNotInstanceOf(UnresolvedBrokersException.class);
    }

    @Test
    void a_delivery_timeout_that_is_no_number_is_told_by_name() {
        PublisherSettings settings = with(Map.of("bootstrap.servers", "127.0.0.1:1", "delivery.timeout.ms", "abc"));
        assertThatThrownBy(() -> Publisher.connect(settings))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("delivery.timeout.ms");
    }

    @Test
    void the_first_event_of_an_outage_may_take_as_long_as_any_other_unless_the_user_says_otherwise() {
        assertThat(ConfirmedProducer.kafka(at("127.0.0.1:1")))
                .containsEntry("max.block.ms", PublisherSettings.DELIVERY_TIMEOUT.toMillis());
        assertThat(ConfirmedProducer.kafka(with(Map.of("delivery.timeout.ms", "300000"))))
                .containsEntry("max.block.ms", 300_000L);
        assertThat(ConfirmedProducer.kafka(with(Map.of("max.block.ms", 7)))).containsEntry("max.block.ms", 7);
    }

    /** Its own close takes until the request times out, 30 s. */
    @Test
    void closing_beside_a_broker_that_accepts_and_never_answers_keeps_its_bound() throws Exception {
        try (ServerSocket blackHole = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Publisher publisher = Publisher.connect(at("127.0.0.1:" + blackHole.getLocalPort())
                    .withTimeouts(Duration.ofSeconds(1), Duration.ofMillis(500)));
            CompletableFuture<RecordMetadata> delivery = publisher.publish(event());
            long start = System.nanoTime();
            publisher.close();
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
            assertThat(delivery).isCompletedExceptionally();
        }
    }

    @Test
    void however_often_a_job_connects_avro_is_told_to_trust_our_classes_once() {
        ConfirmedProducer.trustOurClasses();
        ClassSecurityPredicate once = ClassSecurityValidator.getGlobal();
        ConfirmedProducer.trustOurClasses();
        assertThat(ClassSecurityValidator.getGlobal()).isSameAs(once);
    }

    private static PublisherSettings at(String servers) {
        return with(Map.of("bootstrap.servers", servers));
    }

    /** A serializer of the user's, so that there is no registry; it is never called. */
    private static PublisherSettings with(Map<String, Object> kafka) {
        Map<String, Object> settings = new java.util.HashMap<>(kafka);
        settings.put("value.serializer", ByteArraySerializer.class);
        return PublisherSettings.of(settings, null).withTimeouts(Duration.ofSeconds(1), Duration.ofMillis(200));
    }

    private static SourceInsight event() {
        return SourceInsight.newBuilder()
                .setOrgId(UUID.randomUUID())
                .setSourceId("orders")
                .setGeneratedFrom(InsightOrigin.etl)
                .setGeneratedAt(Instant.EPOCH)
                .build();
    }
}

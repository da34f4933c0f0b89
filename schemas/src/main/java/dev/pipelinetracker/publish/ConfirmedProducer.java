package dev.pipelinetracker.publish;

import dev.pipelinetracker.events.PipelineRun;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's producer, set so that an event counts as delivered only when all in-sync replicas have it, once and in order. */
final class ConfirmedProducer {
    private static final Duration LONGEST_BLOCK = Duration.ofMinutes(1);

    private ConfirmedProducer() {}

    /** @throws KafkaException if Kafka's settings are not valid */
    static Producer<byte[], Object> of(PublisherSettings settings) {
        if (settings.hasOwnSerializer()) {
            trustOurClasses();
        }
        return new KafkaProducer<>(kafka(settings));
    }

    private static Map<String, Object> kafka(PublisherSettings settings) {
        Map<String, Object> kafka = new HashMap<>();
        kafka.put(ProducerConfig.CLIENT_ID_CONFIG, "pipeline-tracker-publisher");
        kafka.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        if (settings.hasOwnSerializer()) {
            // Confluent's: without it, avro.java.string would register as a version of its own. Others do not know it.
            kafka.put("avro.remove.java.properties", true);
        }
        // Its wait for a topic's partitions is a part of the delivery: Kafka's 60 s would outlast a shorter time-out.
        kafka.put(
                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                Math.min(LONGEST_BLOCK.toMillis(), settings.deliveryTimeout().toMillis()));
        kafka.putAll(settings.kafka());
        kafka.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        kafka.put(ProducerConfig.ACKS_CONFIG, "all");
        kafka.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        return kafka;
    }

    /** A serializer of Avro's or Confluent's making finds our classes by the schema's name, which Avro forbids by default. */
    static void trustOurClasses() {
        ClassSecurityValidator.setGlobal(ClassSecurityValidator.composite(
                ClassSecurityValidator.getGlobal(),
                type -> type.getPackageName().equals(PipelineRun.class.getPackageName())));
    }
}

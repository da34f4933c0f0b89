package dev.pipelinetracker.publish;

import dev.pipelinetracker.events.PipelineRun;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.avro.util.ClassSecurityValidator.ClassSecurityPredicate;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Kafka's producer, set so that an event counts as delivered only when all in-sync replicas have it, once and in order. */
final class ConfirmedProducer {
    /** How kafka-clients 4.2 says so; it has no other sign of it. */
    private static final String UNRESOLVED = "No resolvable bootstrap urls";

    private static @Nullable ClassSecurityPredicate trusting;

    private ConfirmedProducer() {}

    /**
     * Makes one, connecting to nothing but DNS.
     *
     * @throws UnresolvedBrokersException if no broker's name resolves now
     * @throws KafkaException if Kafka's settings are not valid
     */
    static Producer<byte[], Object> of(PublisherSettings settings) {
        if (settings.hasOwnSerializer()) {
            trustOurClasses();
        }
        try {
            return new KafkaProducer<>(kafka(settings));
        } catch (KafkaException e) {
            if (e.getCause() instanceof ConfigException why
                    && String.valueOf(why.getMessage()).startsWith(UNRESOLVED)) {
                throw new UnresolvedBrokersException(e);
            }
            throw e;
        }
    }

    /** All that Kafka is told. */
    static Map<String, Object> kafka(PublisherSettings settings) {
        Map<String, Object> kafka = new HashMap<>();
        kafka.put(ProducerConfig.CLIENT_ID_CONFIG, "pipeline-tracker-publisher");
        kafka.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        if (settings.hasOwnSerializer()) {
            // Confluent's: without it, avro.java.string would register as a version of its own. Others do not know it.
            kafka.put("avro.remove.java.properties", true);
        }
        // Its wait for a topic's partitions is a part of the delivery: it takes neither less time nor more.
        kafka.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, settings.deliveryTimeout().toMillis());
        kafka.putAll(settings.kafka());
        kafka.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        kafka.put(ProducerConfig.ACKS_CONFIG, "all");
        kafka.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        return kafka;
    }

    /** A serializer of Avro's or Confluent's making finds our classes by the schema's name, which Avro forbids by default. */
    static synchronized void trustOurClasses() {
        ClassSecurityPredicate current = ClassSecurityValidator.getGlobal();
        if (current != trusting) {
            // Not around ours once more: a job that connects often would be slowed down, and overflow the stack at
            // last.
            trusting = ClassSecurityValidator.composite(
                    current, type -> type.getPackageName().equals(PipelineRun.class.getPackageName()));
            ClassSecurityValidator.setGlobal(trusting);
        }
    }
}

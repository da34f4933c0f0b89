package dev.pipelinetracker.engine;

import dev.pipelinetracker.wire.SchemaRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.springframework.boot.kafka.autoconfigure.DefaultKafkaProducerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.core.ProducerFactory;

/** Puts the engine together: a {@link Processor} for each feed that is found. */
@Configuration(proxyBeanMethods = false)
class Engine {

    private static final int LONGEST_CLOSE_SECONDS = 1;

    /**
     * Of the producer of dead letters, the only one. Not idempotent: once the broker has refused an idempotent producer, for a
     * password that was wrong for a while, it never sends again, and whoever waits for it would until a restart. A dead letter
     * may be there twice in any case. And its end is not waited for without a broker: what is not acknowledged then is
     * delivered again.
     */
    @Bean
    DefaultKafkaProducerFactoryCustomizer deadLetterProducers() {
        return producers -> {
            producers.updateConfigs(Map.of(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false));
            producers.setPhysicalCloseTimeout(LONGEST_CLOSE_SECONDS);
        };
    }

    @Bean
    Producer<byte[], byte[]> deadLetterProducer(ProducerFactory<byte[], byte[]> producers) {
        return producers.createProducer();
    }

    @Bean
    Processors processors(
            List<Feed<?, ?>> feeds,
            FeedSettings settings,
            SchemaRegistry schemas,
            DataSource database,
            Producer<byte[], byte[]> deadLetterProducer,
            MeterRegistry meters,
            BusiestOrganizations busiest) {
        settings.unknownFeed(feeds).ifPresent(name -> {
            throw new IllegalArgumentException("tracker.feeds." + name + ": no such feed; there are "
                    + feeds.stream().map(Feed::name).sorted().toList());
        });
        DeadLetters deadLetters = new DeadLetters(deadLetterProducer);
        return new Processors(feeds.stream()
                .<Processor<?, ?>>map(feed ->
                        processor(feed, schemas, database, deadLetters, new FeedMeters(feed.name(), meters, busiest)))
                .toList());
    }

    private static <E extends SpecificRecord, K extends Comparable<? super K>> Processor<E, K> processor(
            Feed<E, K> feed, SchemaRegistry schemas, DataSource database, DeadLetters deadLetters, FeedMeters meters) {
        return new Processor<>(feed, schemas, database, deadLetters, meters);
    }
}

package dev.pipelinetracker;

import dev.pipelinetracker.engine.DeadLetters;
import dev.pipelinetracker.engine.Feed;
import dev.pipelinetracker.engine.FeedMeters;
import dev.pipelinetracker.engine.Processor;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.util.List;
import io.micrometer.core.instrument.MeterRegistry;
import javax.sql.DataSource;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.annotation.Bean;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.scheduling.annotation.EnableScheduling;

/** The parts that every command shares: the feeds, which are found in their packages, and the engine. */
@SpringBootApplication(proxyBeanMethods = false)
@ConfigurationPropertiesScan
@EnableScheduling
public class Worker {
}

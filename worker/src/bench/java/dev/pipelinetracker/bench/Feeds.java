package dev.pipelinetracker.bench;

import dev.pipelinetracker.engine.Feed;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Objects;
import javax.sql.DataSource;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The worker's own feeds, with their statements, outside of the worker. */
final class Feeds {

    private final AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();

    Feeds(DataSource database) {
        context.registerBean(MeterRegistry.class, SimpleMeterRegistry::new);
        context.registerBean(JdbcClient.class, () -> JdbcClient.create(database));
        context.scan("dev.pipelinetracker.runs", "dev.pipelinetracker.insights", "dev.pipelinetracker.visualizations");
        context.refresh();
    }

    Feed<?, ?> named(String name) {
        return context.getBeansOfType(Feed.class).values().stream()
                .filter(feed -> feed.name().equals(name))
                .findFirst()
                .map(Objects::requireNonNull)
                .orElseThrow();
    }
}

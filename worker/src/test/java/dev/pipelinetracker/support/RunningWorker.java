package dev.pipelinetracker.support;

import dev.pipelinetracker.Serve;
import dev.pipelinetracker.support.RealPostgres.Database;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.springframework.context.ConfigurableApplicationContext;

/** The worker as {@code serve} runs it, in this JVM, on the tests' real parts and on topics of its own. */
public final class RunningWorker implements AutoCloseable {

    private static final List<String> FEEDS = List.of("pipeline-runs", "insights", "visualizations");
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final String prefix;
    private final ConfigurableApplicationContext context;

    private RunningWorker(String prefix, ConfigurableApplicationContext context) {
        this.prefix = prefix;
        this.context = context;
    }

    /** Makes the topics of a worker that is yet to be started: their prefix. */
    public static String createTopics(int partitions) {
        String prefix = "t" + UUID.randomUUID().toString().substring(0, 8) + ".";
        for (String feed : FEEDS) {
            RealBroker.createTopics(partitions, prefix + feed);
            RealBroker.createTopics(1, prefix + feed + ".dlt");
        }
        return prefix;
    }

    /** Starts a worker on topics of that prefix; properties as {@code name=value}, also in place of the tests' own. */
    public static RunningWorker start(String prefix, Database database, String... properties) {
        List<String> arguments = new ArrayList<>(List.of(
                "--spring.kafka.bootstrap-servers=" + RealBroker.bootstrapServers(),
                "--spring.datasource.url=" + database.jdbcUrl(),
                "--spring.datasource.username=" + database.user(),
                "--spring.datasource.password=" + database.password(),
                "--tracker.registry.url=" + RealRegistry.url(),
                "--tracker.lag-interval=100ms",
                "--tracker.gauges-interval=100ms",
                "--management.server.port=0"));
        FEEDS.forEach(feed -> arguments.add("--tracker.feeds." + feed + ".topic=" + prefix + feed));
        for (String property : properties) {
            // one given twice would be a list to Spring
            arguments.removeIf(given -> given.startsWith("--" + property.split("=", 2)[0] + "="));
            arguments.add("--" + property);
        }
        return new RunningWorker(
                prefix, Serve.worker().registerShutdownHook(false).run(arguments.toArray(String[]::new)));
    }

    /** The feed's topic. */
    public String topic(String feed) {
        return prefix + feed;
    }

    /** Where health and metrics are. */
    public int managementPort() {
        return context.getEnvironment().getRequiredProperty("local.management.port", Integer.class);
    }

    /** What the management port answers. */
    public HttpResponse<String> get(String path) {
        try {
            return HTTP.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + managementPort() + path))
                            .build(),
                    BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    /** Sum of the counters of that name that have these tags, given as key, value, key, value. */
    public double count(String counter, String... tags) {
        return context.getBean(MeterRegistry.class).find(counter).tags(tags).counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }

    /** The gauge of that name and tags. */
    public double gauge(String gauge, String... tags) {
        return context.getBean(MeterRegistry.class)
                .get(gauge)
                .tags(tags)
                .gauge()
                .value();
    }

    /** Stops it as SIGTERM would. */
    @Override
    public void close() {
        context.close();
    }
}

package dev.pipelinetracker.bench;

import dev.pipelinetracker.faults.ChildJvm;
import dev.pipelinetracker.faults.Ports;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.wire.EventDecoder;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;

/** Kafka Connect, standalone, with Debezium's JDBC sink: what many would take for this work. */
final class ConnectPeer implements Peer {

    private static final Path LIBRARIES = Path.of("src", "bench", "connect", "target", "lib");

    private final String name;
    private final String topic;
    private final Map<String, String> sink;
    private final Process process;

    ConnectPeer(Stage stage, String feed, String topic, int tasks) {
        this.topic = topic;
        this.name = "sink-" + topic;
        boolean runs = feed.equals("pipeline-runs");
        this.sink = new LinkedHashMap<>();
        sink.put("tasks.max", Integer.toString(tasks));
        sink.put("dialect.postgres.unnest.insert.enabled", "true");
        sink.put("use.reduction.buffer", "true");
        sink.put("batch.size", "5000");
        sink.put("consumer.override.max.poll.records", "5000");
        sink.put("consumer.override.max.partition.fetch.bytes", "4194304");
        sink.put("insert.mode", "upsert");
        sink.put("primary.key.mode", "record_value");
        sink.put(
                "primary.key.fields",
                runs ? "org_id,pipeline_id,source_id" : "source_id,org_id,chart_type,x_column,y_column");
        sink.put("schema.evolution", "none");
        Path folder = Path.of("target", "bench", name);
        try {
            Files.createDirectories(folder);
            Path workerFile = folder.resolve("connect.properties");
            write(
                    workerFile,
                    Map.of(
                            "bootstrap.servers",
                            stage.bootstrapServers(),
                            "key.converter",
                            "org.apache.kafka.connect.converters.ByteArrayConverter",
                            "value.converter",
                            EventConverter.class.getName(),
                            "value.converter.registry",
                            RealRegistry.url(),
                            "value.converter.feed",
                            feed,
                            "offset.storage.file.filename",
                            folder.resolve("offsets").toString(),
                            // its group's offsets tell how far it is: often enough not to be charged for waiting
                            "offset.flush.interval.ms",
                            "100",
                            "plugin.discovery",
                            "service_load",
                            "listeners",
                            "http://127.0.0.1:" + Ports.free()));
            Map<String, String> connector = new LinkedHashMap<>(sink);
            connector.put("name", name);
            connector.put("connector.class", "io.debezium.connector.jdbc.JdbcSinkConnector");
            connector.put("topics", topic);
            connector.put("consumer.override.auto.offset.reset", "earliest");
            connector.put("collection.name.format", runs ? "analytics_pipeline_history" : "analytics_visualizations");
            connector.put("connection.url", stage.jdbcUrl());
            connector.put("connection.username", "postgres");
            connector.put("connection.password", "none");
            Path sinkFile = folder.resolve("sink.properties");
            write(sinkFile, connector);
            this.process = ChildJvm.start(
                    name,
                    classPath(),
                    // sessions of PostgreSQL have the JVM's time zone
                    List.of("-Xmx1g", "-Duser.timezone=UTC"),
                    "org.apache.kafka.connect.cli.ConnectStandalone",
                    List.of(workerFile.toString(), sinkFile.toString()),
                    Map.of());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String name() {
        return "Debezium JDBC sink";
    }

    @Override
    public String settings() {
        return "-Xmx1g " + sink;
    }

    @Override
    public String topic() {
        return topic;
    }

    @Override
    public String group() {
        return "connect-" + name;
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /**
     * Its own libraries first; of ours what the converter needs: asked of the classes, as Maven gives this JVM a class path of
     * one jar that refers to the others.
     */
    private static String classPath() throws IOException {
        if (!Files.isDirectory(LIBRARIES)) {
            throw new IOException("no " + LIBRARIES + ": run mvn -Pbench verify from the root");
        }
        Stream<String> ours = Stream.of(EventConverter.class, EventDecoder.class, Schema.class)
                .map(type -> Path.of(URI.create(type.getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .toString()))
                        .toString());
        try (Stream<Path> theirs = Files.list(LIBRARIES)) {
            return Stream.concat(theirs.map(Path::toString).sorted(), ours)
                    .collect(Collectors.joining(File.pathSeparator));
        }
    }

    private static void write(Path file, Map<String, String> properties) throws IOException {
        Files.write(
                file,
                properties.entrySet().stream()
                        .map(property -> property.getKey() + "=" + property.getValue())
                        .toList());
    }
}

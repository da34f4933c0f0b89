package dev.pipelinetracker.faults;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.utils.Time;

/** A Kafka broker, its own controller, as a process of its own: what {@link FaultyBroker} starts. */
final class BrokerMain {

    private BrokerMain() {}

    /** Runs until SIGTERM; its argument is a file of properties. */
    public static void main(String... arguments) throws IOException {
        Path config = Path.of(arguments[0]);
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            String[] format = {
                "format", "--ignore-formatted", "--cluster-id", "ZmF1bHRzLXBpcGVsaW5lMQ", "--config", config.toString()
            };
            if (StorageTool.execute(format, out) != 0) {
                throw new IOException("Cannot format: " + said.toString(StandardCharsets.UTF_8));
            }
        }
        Properties properties = new Properties();
        try (var reader = java.nio.file.Files.newBufferedReader(config)) {
            properties.load(reader);
        }
        KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown, "stop-broker"));
        server.startup();
        server.awaitShutdown();
    }
}

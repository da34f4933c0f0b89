package dev.pipelinetracker.local;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.utils.Time;

/**
 * One Kafka broker, its own controller, inside this JVM. Listens on 127.0.0.1 only, keeps its records in a folder across
 * restarts, and makes no topic unasked.
 */
public final class LocalBroker implements AutoCloseable {

    /** Written into the folder at its first start; another one would be refused there ever after. */
    private static final String CLUSTER_ID = "bG9jYWwtcGlwZWxpbmVzMQ";

    private static final int ADMIN_TIMEOUT_SECONDS = 30;

    private final KafkaRaftServer server;
    private final int port;

    private LocalBroker(KafkaRaftServer server, int port) {
        this.server = server;
        this.port = port;
    }

    /**
     * Starts the broker and returns once it takes requests.
     *
     * @param folder where its data are; made if it does not exist
     * @param port the port on 127.0.0.1 for clients; the controller takes a free one
     * @throws IOException if the folder cannot be written or holds something else
     */
    public static LocalBroker start(Path folder, int port) throws IOException {
        return start(folder, port, Map.of());
    }

    /** As {@link #start(Path, int)}, with settings of the broker's beside its own. */
    public static LocalBroker start(Path folder, int port, Map<String, String> settings) throws IOException {
        Files.createDirectories(folder);
        Properties properties = properties(folder, port, Loopback.freePort());
        properties.putAll(settings);
        format(folder, properties);
        KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
        server.startup();
        return new LocalBroker(server, port);
    }

    /** Where clients connect. */
    public String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /**
     * Makes those of the topics that do not exist yet; the others keep what they are.
     *
     * @throws IllegalStateException if the broker does not make them within 30 seconds
     */
    public void createTopics(Collection<NewTopic> topics) {
        try (Admin admin =
                Admin.create(Map.<String, Object>of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers()))) {
            Set<String> existing = admin.listTopics().names().get(ADMIN_TIMEOUT_SECONDS, TimeUnit.SECONDS);
            List<NewTopic> missing = topics.stream()
                    .filter(topic -> !existing.contains(topic.name()))
                    .toList();
            admin.createTopics(missing).all().get(ADMIN_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("Cannot create topics", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while creating topics", e);
        }
    }

    /** Stops the broker; returns once its files are closed. */
    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }

    private static Properties properties(Path folder, int port, int controllerPort) {
        Properties properties = new Properties();
        properties.putAll(Map.of(
                "node.id", "1",
                "process.roles", "broker,controller",
                "listeners", "CLIENTS://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort,
                "listener.security.protocol.map", "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "inter.broker.listener.name", "CLIENTS",
                "controller.listener.names", "CONTROLLER",
                "controller.quorum.voters", "1@127.0.0.1:" + controllerPort,
                "log.dirs", folder.toAbsolutePath().toString(),
                "auto.create.topics.enable", "false"));
        properties.putAll(Map.of(
                // Three copies by default, of which one broker can hold one.
                "offsets.topic.replication.factor", "1",
                "transaction.state.log.replication.factor", "1",
                "transaction.state.log.min.isr", "1",
                "share.coordinator.state.topic.replication.factor", "1",
                "share.coordinator.state.topic.min.isr", "1",
                // 50 partitions by default: seconds at each start, for a handful of groups.
                "offsets.topic.num.partitions", "3",
                "transaction.state.log.num.partitions", "3",
                "group.initial.rebalance.delay.ms", "0"));
        return properties;
    }

    /** Does nothing to a folder that is formatted already. */
    private static void format(Path folder, Properties properties) throws IOException {
        Path config = Files.createTempFile("local-broker", ".properties");
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            try (var writer = Files.newBufferedWriter(config)) {
                properties.store(writer, null);
            }
            String[] format = {"format", "--ignore-formatted", "--cluster-id", CLUSTER_ID, "--config", config.toString()
            };
            if (StorageTool.execute(format, out) != 0) {
                throw new IOException("Cannot format " + folder + ": " + said.toString(StandardCharsets.UTF_8));
            }
        } finally {
            Files.delete(config);
        }
    }
}

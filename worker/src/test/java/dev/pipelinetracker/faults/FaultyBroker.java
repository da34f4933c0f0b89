package dev.pipelinetracker.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;

/** A Kafka broker that can be stopped, killed, frozen and started again on its data. */
public final class FaultyBroker extends FaultyServer {

    /** Events of 10 MB are part of the matrix. */
    static final int LARGEST_RECORD = 20_000_000;

    private static final String NAME = "broker";

    private final Path folder;
    private final List<String> options;
    private final int port = Ports.free();
    private final Admin admin = Admin.create(Map.<String, Object>of(
            AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers(),
            AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG,
            "200"));

    private FaultyBroker(Path folder, List<String> options) {
        super(NAME, folder);
        this.options = options;
        this.folder = folder;
    }

    /** Makes a new one. */
    static FaultyBroker start() {
        return start(List.of("-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    }

    /** Makes a new one, its JVM with these options. */
    public static FaultyBroker start(List<String> options) {
        try {
            FaultyBroker broker = new FaultyBroker(Files.createTempDirectory("faulty-broker"), options);
            broker.startAgain();
            return broker;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    Process launch() {
        return ChildJvm.start(
                NAME,
                ChildJvm.classPath(),
                options,
                BrokerMain.class.getName(),
                List.of(folder.toString(), Integer.toString(port)),
                Map.of());
    }

    @Override
    boolean answers() {
        try {
            admin.listTopics().names().get(5, TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    /** Where clients connect. */
    public String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /** Everybody's, to be left open: it finds the broker again whenever that is back. */
    public Admin admin() {
        return admin;
    }

    /** From now on the topic takes no record that is larger, in bytes. */
    void limitRecords(String topic, int bytes) {
        AlterConfigOp change = new AlterConfigOp(
                new ConfigEntry(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(bytes)),
                AlterConfigOp.OpType.SET);
        done(admin.incrementalAlterConfigs(
                        Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic), List.of(change)))
                .all());
    }

    /** Whether that is {@link #done}'s. */
    static boolean didNotDoIt(RuntimeException thrown) {
        return thrown.getCause() instanceof ExecutionException || thrown.getCause() instanceof TimeoutException;
    }

    /** Waits for what the broker was asked for. Throws IllegalStateException if it does not do it within 30 seconds. */
    public static <T> T done(KafkaFuture<T> asked) {
        try {
            return asked.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("The broker did not do it", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }
}

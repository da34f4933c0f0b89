package dev.pipelinetracker.faults;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaFuture;
import org.jspecify.annotations.Nullable;

/** A Kafka broker of the fault tests' own, in a JVM of its own: stopped, killed, frozen, started again on its data. */
public final class FaultyBroker {

    private static final String NAME = "broker";
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Path config;
    private final List<String> options;
    private final int port = Ports.free();
    private @Nullable Process server;

    private FaultyBroker(Path folder, List<String> options) throws IOException {
        this.options = options;
        this.config = folder.resolve("server.properties");
        int controllerPort = Ports.free();
        Properties properties = new Properties();
        properties.putAll(Map.of(
                "node.id", "1",
                "process.roles", "broker,controller",
                "listeners", "CLIENTS://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort,
                "listener.security.protocol.map", "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "inter.broker.listener.name", "CLIENTS",
                "controller.listener.names", "CONTROLLER",
                "controller.quorum.voters", "1@127.0.0.1:" + controllerPort,
                "log.dirs", folder.resolve("log").toString(),
                "auto.create.topics.enable", "false"));
        properties.putAll(Map.of(
                // three copies by default, of which one broker can hold one
                "offsets.topic.replication.factor", "1",
                "transaction.state.log.replication.factor", "1",
                "transaction.state.log.min.isr", "1",
                "share.coordinator.state.topic.replication.factor", "1",
                "share.coordinator.state.topic.min.isr", "1",
                // 50 partitions by default: seconds at each start
                "offsets.topic.num.partitions", "3",
                "group.initial.rebalance.delay.ms", "0",
                "group.min.session.timeout.ms", "1000",
                // events of 10 MB are part of the matrix
                "message.max.bytes", "20000000"));
        try (var writer = Files.newBufferedWriter(config)) {
            properties.store(writer, null);
        }
    }

    /** Makes a new broker in a folder that goes with this JVM. */
    static FaultyBroker start() {
        return start(List.of("-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    }

    /** The same, its JVM with these options. */
    public static FaultyBroker start(List<String> options) {
        try {
            Path folder = Files.createTempDirectory("faulty-broker");
            FaultyBroker broker = new FaultyBroker(folder, options);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> broker.discard(folder), "discard-faulty-broker"));
            broker.startAgain();
            return broker;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where clients connect. */
    public String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /** Starts it on its data and returns once it takes requests. */
    void startAgain() {
        server = ChildJvm.start(
                NAME, ChildJvm.classPath(), options, BrokerMain.class.getName(), List.of(config.toString()), Map.of());
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(200)).until(this::answers);
    }

    /** Stops it, {@link Signal#TERM} in good order or {@link Signal#KILL} not, and waits until it is gone. */
    void stop(Signal how) {
        Process running = running();
        how.to(running.pid());
        try {
            if (!running.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException("The broker does not stop");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    /** Its process. */
    public long pid() {
        return running().pid();
    }

    void freeze() {
        Signal.STOP.to(running().pid());
    }

    void thaw() {
        Signal.CONT.to(running().pid());
    }

    /** An admin client, the caller's to close. */
    public Admin admin() {
        return Admin.create(Map.<String, Object>of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers(),
                AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG,
                "200"));
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

    private boolean answers() {
        try (Admin admin = admin()) {
            admin.listTopics().names().get(5, TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException | TimeoutException e) {
            if (!running().isAlive()) {
                throw new IllegalStateException("The broker died, see " + ChildJvm.log(NAME), e);
            }
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    private Process running() {
        Process running = server;
        if (running == null) {
            throw new IllegalStateException("never started");
        }
        return running;
    }

    private void discard(Path folder) {
        running().destroyForcibly().onExit().join();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(java.util.Comparator.reverseOrder()).map(Path::toFile).forEach(java.io.File::delete);
        } catch (IOException | UncheckedIOException e) {
            System.err.println("Not deleted: " + folder);
        }
    }
}

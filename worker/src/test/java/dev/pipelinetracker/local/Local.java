package dev.pipelinetracker.local;

import dev.pipelinetracker.Serve;
import dev.pipelinetracker.database.Migrations;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.utils.Exit;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Runs everything on this machine: {@code mvn spring-boot:test-run}. Broker, database and registry start, then the worker as
 * it is, then a publisher of believable events. All listens on 127.0.0.1; data are kept under {@code worker/target/local}.
 * Ctrl-C or SIGTERM stops all of it. What may be set is in {@link LocalSettings}.
 */
public final class Local {

    private static final int PARTITIONS = 3;

    private final LocalSettings settings;
    private final RunningParts parts = new RunningParts();

    private Local(LocalSettings settings) {
        this.settings = settings;
    }

    /** Starts all, or says why it cannot and exits with 1. The parts' own threads keep the JVM running. */
    public static void main(String[] args) {
        try {
            run(new Local(LocalSettings.from(System.getenv(), folder())));
        } catch (LocalFault e) {
            System.err.println(e.getMessage());
            System.exit(1);
        } catch (Exception | LinkageError e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    private static void run(Local local) throws Exception {
        local.check();
        Runtime.getRuntime().addShutdownHook(new Thread(local::stop, "stop-local"));
        exitOnBrokerFault();
        try {
            local.start();
        } catch (Exception | LinkageError e) {
            // Told to stop while starting: what fails then fails for that reason (some of Kafka's classes cannot even
            // be
            // loaded), and the shutdown hook does the rest.
            if (!local.parts.isStopping()) {
                throw e;
            }
        }
    }

    /** Makes sure that nobody is in the way; the server that a killed run left behind is not. */
    private void check() throws Exception {
        Path folder = Files.createDirectories(settings.folder());
        parts.start(() -> lock(folder));
        LocalPostgres.stopOrphan(postgresFolder());
        for (Map.Entry<String, Integer> port : settings.ports().entrySet()) {
            if (Loopback.taken(port.getValue())) {
                throw new LocalFault(
                        "Port %d of 127.0.0.1 is taken. Stop what listens there, or set the environment variable %s to another port."
                                .formatted(port.getValue(), port.getKey()));
            }
        }
    }

    private void start() throws Exception {
        long began = System.nanoTime();
        Path folder = settings.folder();
        say("Starting PostgreSQL, Kafka and a schema registry; data are in " + folder);
        LocalPostgres postgres = parts.start(() -> LocalPostgres.start(postgresFolder(), settings.postgresPort()));
        LocalBroker broker = parts.start(() -> LocalBroker.start(folder.resolve("kafka"), settings.kafkaPort()));
        LocalRegistry registry =
                parts.start(() -> LocalRegistry.start(folder.resolve("registry.json"), settings.registryPort()));
        broker.createTopics(topics());
        EventEncoding encoding = new EventEncoding(new SchemaRegistry(RegistrySettings.at(registry.url())));

        say("Starting the worker");
        DataSource database = database(postgres);
        migrate(database);
        DemoOrganizations.store(database);
        ConfigurableApplicationContext worker = parts.start(() -> worker(postgres, broker, registry));

        LocalGuide.print(settings, postgres, broker, registry, System.out);
        say("Ready in %d s. Ctrl-C stops everything.\n"
                .formatted(Duration.ofNanos(System.nanoTime() - began).toSeconds()));
        parts.start(() -> DeadLetterWatch.start(broker.bootstrapServers(), System.out));
        DemoPublisher publisher =
                parts.start(() -> DemoPublisher.start(broker.bootstrapServers(), encoding, settings.eventsPerSecond()));
        parts.start(() -> StatusLine.start(worker.getBean(MeterRegistry.class), publisher, System.out));
    }

    private void stop() {
        say("Stopping");
        parts.close();
        say("Stopped; data are kept in " + settings.folder());
    }

    /** As the owner, as {@code migrate --row-level-security} does: the worker itself may not. */
    private static void migrate(DataSource database) {
        Migrations migrations = new Migrations(database);
        migrations.migrate();
        migrations.secure();
    }

    /** The worker as {@code serve} runs it, but that its JVM is shared and so its end is ours to order. */
    private ConfigurableApplicationContext worker(LocalPostgres postgres, LocalBroker broker, LocalRegistry registry) {
        return Serve.worker()
                .profiles("local")
                .registerShutdownHook(false)
                .run(
                        "--spring.kafka.bootstrap-servers=" + broker.bootstrapServers(),
                        "--spring.datasource.url=" + postgres.jdbcUrl(),
                        "--spring.datasource.username=" + LocalPostgres.WORKER,
                        "--spring.datasource.password=" + LocalPostgres.WORKER_PASSWORD,
                        "--tracker.registry.url=" + registry.url(),
                        "--tracker.gauges-interval=2s",
                        "--management.server.port=" + settings.managementPort(),
                        "--management.server.address=127.0.0.1");
    }

    private static List<NewTopic> topics() {
        List<NewTopic> topics = new ArrayList<>();
        for (DemoFeed feed : DemoFeed.values()) {
            topics.add(new NewTopic(feed.topic(), PARTITIONS, (short) 1));
            topics.add(new NewTopic(feed.deadLetterTopic(), 1, (short) 1));
        }
        return topics;
    }

    private Path postgresFolder() {
        return settings.folder().resolve("postgres");
    }

    private static DataSource database(LocalPostgres postgres) {
        PGSimpleDataSource database = new PGSimpleDataSource();
        database.setUrl(postgres.jdbcUrl());
        database.setUser(LocalPostgres.USER);
        database.setPassword(LocalPostgres.PASSWORD);
        return database;
    }

    /** So that a second local mode does not take the first one's database for an orphan. Held until the JVM ends. */
    private static AutoCloseable lock(Path folder) throws IOException, LocalFault {
        FileChannel lock =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (lock.tryLock() == null) {
            lock.close();
            throw new LocalFault("The local mode is running already, with its data in " + folder + ".");
        }
        return lock;
    }

    /** Beside the compiled tests, wherever the JVM was started: {@code mvn clean} removes it. */
    private static Path folder() {
        try {
            Path classes = Path.of(Local.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return classes.resolveSibling("local");
        } catch (URISyntaxException e) {
            throw new IllegalStateException("Cannot tell where the classes are", e);
        }
    }

    /** By default a broker that gives up halts the JVM, and leaves PostgreSQL behind. */
    private static void exitOnBrokerFault() {
        Exit.Procedure stop =
                (status, message) -> new Thread(() -> System.exit(status), "stop-on-broker-fault").start();
        Exit.setHaltProcedure(stop);
        Exit.setExitProcedure(stop);
    }

    private static void say(String line) {
        System.out.println(line);
    }
}

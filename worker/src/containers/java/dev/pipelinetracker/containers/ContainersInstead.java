package dev.pipelinetracker.containers;

import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * Before the first test, starts Kafka and PostgreSQL as containers, and tells the tests by the properties with which
 * RealBroker and RealPostgres can be pointed elsewhere; the tests know nothing of it. They are stopped with the JVM. The
 * images are {@code tracker.test.kafka.image} and {@code tracker.test.postgres.image}, as the build sets them.
 */
public final class ContainersInstead implements LauncherSessionListener {

    private static final String BOOTSTRAP = "tracker.test.kafka.bootstrap";

    /** Throws IllegalStateException, with a sentence, where no container engine answers. */
    @Override
    public void launcherSessionOpened(LauncherSession session) {
        // without images it is Maven's own JVM, which looks for the tests that it shares out among the forked ones
        if (System.getProperty(BOOTSTRAP) != null || System.getProperty("tracker.test.kafka.image") == null) {
            return;
        }
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            throw new IllegalStateException(
                    "-Pcontainers needs a container engine, and none answers: start Docker, or set DOCKER_HOST. Without the profile the same tests run on an embedded Kafka and PostgreSQL.");
        }
        KafkaContainer kafka = kafka();
        PostgreSQLContainer postgres = postgres();
        kafka.start();
        postgres.start();
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            kafka.stop();
                            postgres.stop();
                        },
                        "stop-containers"));
        System.setProperty(BOOTSTRAP, kafka.getBootstrapServers());
        System.setProperty("tracker.test.postgres.url", postgres.getJdbcUrl());
        System.setProperty("tracker.test.postgres.user", postgres.getUsername());
        System.setProperty("tracker.test.postgres.password", postgres.getPassword());
        System.err.printf("Tests run on %s and %s%n", kafka.getDockerImageName(), postgres.getDockerImageName());
    }

    private static KafkaContainer kafka() {
        return new KafkaContainer(image("kafka", "apache/kafka"))
                .withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
                .withEnv("KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS", "3");
    }

    /** Set as the embedded one is: no passwords, and nothing writes WAL but the tests, which count it. */
    private static PostgreSQLContainer postgres() {
        PostgreSQLContainer postgres = new PostgreSQLContainer(image("postgres", "postgres"));
        postgres.withEnv("POSTGRES_HOST_AUTH_METHOD", "trust");
        postgres.withCommand(
                "postgres",
                "-c",
                "autovacuum=off",
                "-c",
                "wal_level=minimal",
                "-c",
                "max_wal_senders=0",
                "-c",
                "checkpoint_timeout=1d",
                "-c",
                "max_wal_size=8GB",
                "-c",
                "max_connections=300");
        return postgres;
    }

    private static DockerImageName image(String name, String family) {
        return DockerImageName.parse(System.getProperty("tracker.test." + name + ".image"))
                .asCompatibleSubstituteFor(family);
    }
}

package dev.pipelinetracker.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A broker that goes, comes, takes no dead letters; members that come and go. */
@TestInstance(Lifecycle.PER_CLASS)
class BrokerFaultsTest {

    private final Stage stage = Stage.open("broker");
    private WorkerProcess worker;

    @BeforeAll
    void start() {
        worker = stage.startWorker();
        stage.publish(Kind.RUNS, 20);
        stage.settle();
    }

    @AfterAll
    void stop() {
        stage.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = Signal.class,
            names = {"TERM", "KILL"})
    @MatrixRow(17)
    void aBrokerThatGoesAndComesBackIsWaitedFor(Signal how) {
        stage.publish(Kind.RUNS, 500);
        Stage.broker().stop(how);
        await().pollDelay(Duration.ofSeconds(3)).until(worker::isAlive);
        Stage.broker().startAgain();
        stage.publish(Kind.RUNS, 500);
        assertThat(stage.settle().deadLetters()).doesNotContainKey("unknown_org");
    }

    @Test
    @MatrixRow(17)
    void aFrozenBrokerIsWaitedFor() {
        Stage.broker().freeze();
        try {
            await().pollDelay(Duration.ofSeconds(8)).until(worker::isAlive);
        } finally {
            Stage.broker().thaw();
        }
        stage.publish(Kind.RUNS, 100);
        stage.settle();
    }

    @Test
    @MatrixRow(18)
    void nothingIsCommittedBeforeTheBrokerHasTheDeadLetters() throws SQLException {
        try (Connection lock = Stage.postgres().connection(stage.databaseName());
                Statement statement = lock.createStatement()) {
            lock.setAutoCommit(false);
            statement.execute("LOCK TABLE analytics_pipeline_history IN EXCLUSIVE MODE");
            poison();
            stage.publish(Kind.RUNS, 100);
            await().atMost(Stage.LIMIT)
                    .until(() -> stage.database()
                                    .sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                                            + " AND datname = current_database()")
                                    .query(Long.class)
                                    .single()
                            > 0);
            Stage.broker().stop(Signal.KILL);
        }
        double before = worker.retries("broker");
        await().atMost(Stage.LIMIT).until(() -> worker.retries("broker") > before || worker.isPaused());
        Stage.broker().startAgain();
        stage.settle();
    }

    @Test
    @MatrixRow(18)
    void aMissingDeadLetterTopicIsWaitedFor() throws Exception {
        String topic = stage.ledger().topic(Kind.INSIGHTS) + ".dlt";
        try (var admin = Stage.broker().admin()) {
            FaultyBroker.done(admin.deleteTopics(List.of(topic)).all());
        }
        stage.ledger().bad(Kind.INSIGHTS, Wire.key(stage.organization(0)), null, "unreadable");
        stage.publish(Kind.INSIGHTS, 20);
        await().atMost(Stage.LIMIT).until(() -> worker.retries("broker") > 0);
        assertThat(stage.ledger().isCommitted()).isFalse();
        try (var admin = Stage.broker().admin()) {
            FaultyBroker.done(admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1)))
                    .all());
        }
        stage.settle();
    }

    @Test
    @MatrixRow(18)
    void aDeadLetterThatIsTooLargeForItsTopicIsNeverSkipped() {
        ConfigResource topic =
                new ConfigResource(ConfigResource.Type.TOPIC, stage.ledger().topic(Kind.CHARTS) + ".dlt");
        setMaxMessageBytes(topic, new AlterConfigOp(new ConfigEntry("max.message.bytes", "1000"), OpType.SET));
        stage.ledger().bad(Kind.CHARTS, Wire.key(stage.organization(0)), new byte[5_000], "unreadable");
        double before = worker.metric("tracker_retries_total", "feed=\"visualizations\"", "cause=\"broker\"");
        stage.publish(Kind.CHARTS, 20);
        await().atMost(Stage.LIMIT)
                .until(() -> worker.metric("tracker_retries_total", "feed=\"visualizations\"", "cause=\"broker\"")
                        > before + 1);
        assertThat(stage.ledger().isCommitted()).isFalse();
        setMaxMessageBytes(topic, new AlterConfigOp(new ConfigEntry("max.message.bytes", ""), OpType.DELETE));
        stage.settle();
    }

    @Test
    @MatrixRow(19)
    void membersThatComeAndGoSkipNothingEvenWhileABatchIsTriedAgain() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 8; round++) {
            if (round == 3) {
                stage.databaseProxy().refuse();
            }
            stage.publish(Kind.RUNS, 300);
            try (KafkaConsumer<byte[], byte[]> passerby = new KafkaConsumer<>(
                    Map.of(
                            "bootstrap.servers", Stage.broker().bootstrapServers(),
                            "group.id", Kind.RUNS.group(),
                            "enable.auto.commit", "false",
                            "session.timeout.ms", "6000",
                            "partition.assignment.strategy", CooperativeStickyAssignor.class.getName()),
                    new ByteArrayDeserializer(),
                    new ByteArrayDeserializer())) {
                passerby.subscribe(List.of(stage.ledger().topic(Kind.RUNS)));
                passerby.poll(Duration.ofMillis(100 + random.nextInt(900)));
            }
            if (round == 5) {
                stage.databaseProxy().pass();
            }
        }
        assertThat(stage.settle()).as("seed %d", seed).isNotNull();
    }

    @Test
    @MatrixRow(12)
    void twoWorkersWithTheSameKeysLoseNothing() {
        Stage.postgres();
        WorkerProcess second = stage.startWorker();
        int first = stage.keys(20);
        Random random = new Random(7);
        for (int i = 0; i < 3_000; i++) {
            int key = first + random.nextInt(20);
            stage.ledger().good(Kind.RUNS, stage.organization(key), key, random.nextInt(900));
        }
        stage.settle();
        second.kill();
        stage.publish(Kind.RUNS, 50);
        stage.settle();
    }

    private void poison() {
        PipelineRun poison = (PipelineRun) Kind.RUNS.event(stage.organization(0), stage.keys(1), 0);
        poison.setSourceName(Injections.POISON + "22001");
        stage.ledger().bad(Kind.RUNS, Wire.key(stage.organization(0)), Wire.bytes(poison), "refused_by_database");
    }

    private static void setMaxMessageBytes(ConfigResource topic, AlterConfigOp change) {
        try (var admin = Stage.broker().admin()) {
            Map<ConfigResource, Collection<AlterConfigOp>> changes = Map.of(topic, List.of(change));
            FaultyBroker.done(admin.incrementalAlterConfigs(changes).all());
        }
    }
}

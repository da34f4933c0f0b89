package dev.pipelinetracker.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
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
        // with one consumer for both partitions, of which a passer-by then gets one
        worker = stage.startWorker(Map.of("tracker.feeds.pipeline-runs.concurrency", "1"));
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
        // once for longer than a session, 6 s here
        Duration away = Duration.ofSeconds(how == Signal.KILL ? 8 : 1);
        Stage.broker().whileDown(how, () -> await().pollDelay(away).until(worker::isAlive));
        stage.publish(Kind.RUNS, 500);
        stage.settle();
    }

    @Test
    @MatrixRow(17)
    void aFrozenBrokerIsWaitedFor() {
        Stage.broker()
                .whileFrozen(() -> await().pollDelay(Duration.ofSeconds(8)).until(worker::isAlive));
        stage.publish(Kind.RUNS, 100);
        stage.settle();
    }

    @Test
    @MatrixRow(18)
    void whileADeadLetterIsPendingItsNeighboursAreStoredAndNoneOfThemIsCommitted() {
        String topic = stage.ledger().deadLetterTopic(Kind.RUNS);
        Map<Integer, Long> before = stage.ledger().committed(Kind.RUNS);
        double retries = worker.retries("broker");
        Stage.broker().limitRecords(topic, 1);
        UUID organization = stage.organization(0);
        int first = stage.keys(100);
        for (int key = first; key < first + 100; key++) {
            stage.ledger().good(Kind.RUNS, organization, key, 0);
            if (key == first + 50) {
                poison(organization);
            }
        }
        stage.ledger().flush();
        await().atMost(Stage.LIMIT).until(() -> worker.retries("broker") > retries + 2);

        assertThat(stage.database()
                        .sql("SELECT count(*) FROM analytics_pipeline_history WHERE source_id = ANY(?)")
                        .param(IntStream.range(first, first + 100)
                                .mapToObj(Kind::source)
                                .toArray(String[]::new))
                        .query(Long.class)
                        .single())
                .as("neighbours stored")
                .isEqualTo(100);
        assertThat(stage.ledger().isCommitted()).isFalse();
        // one organization, one partition: no other's offset may move, and this one's not past the letter
        stage.ledger()
                .committed(Kind.RUNS)
                .forEach((partition, offset) ->
                        assertThat(offset - before.getOrDefault(partition, 0L)).isBetween(0L, 51L));

        // and if the broker goes before it has the letter
        Stage.broker().whileDown(Signal.KILL, () -> assertThat(worker.isAlive()).isTrue());
        Stage.broker().limitRecords(topic, FaultyBroker.LARGEST_RECORD);
        assertThat(stage.settle().deadLetters()).containsKey("refused_by_database");
    }

    @Test
    @MatrixRow(18)
    void aMissingDeadLetterTopicIsWaitedFor() {
        double before = worker.retries("broker");
        stage.ledger().deleteDeadLetterTopic(Kind.INSIGHTS);
        stage.ledger().bad(Kind.INSIGHTS, Wire.key(stage.organization(0)), null, "unreadable");
        stage.publish(Kind.INSIGHTS, 20);
        await().atMost(Stage.LIMIT).until(() -> worker.retries("broker") > before + 1);
        assertThat(stage.ledger().isCommitted()).isFalse();
        stage.ledger().createDeadLetterTopic(Kind.INSIGHTS);
        stage.settle();
    }

    @Test
    @MatrixRow(18)
    void aDeadLetterThatIsTooLargeForItsTopicIsNeverSkippedAndNoOtherSentTwice() {
        double before = worker.retries("broker");
        String topic = stage.ledger().deadLetterTopic(Kind.CHARTS);
        Stage.broker().limitRecords(topic, 1_000);
        // all in one partition, and most likely in one batch: the small ones are acknowledged, again and again
        for (int i = 0; i < 10; i++) {
            stage.ledger().bad(Kind.CHARTS, Wire.key(stage.organization(0)), new byte[] {7}, "unreadable");
        }
        stage.ledger().bad(Kind.CHARTS, Wire.key(stage.organization(0)), new byte[5_000], "unreadable");
        stage.publish(Kind.CHARTS, 20);
        await().atMost(Stage.LIMIT).until(() -> worker.retries("broker") > before + 5);
        assertThat(stage.ledger().isCommitted()).isFalse();
        Stage.broker().limitRecords(topic, FaultyBroker.LARGEST_RECORD);
        stage.settle();
        assertThat(stage.ledger().deadLetters(Kind.CHARTS).values())
                .as("each letter once, however often its batch was tried")
                .hasSize(11)
                .allMatch(List.of("unreadable")::equals);
    }

    @Test
    @MatrixRow(19)
    void membersThatComeAndGoSkipNothingEvenWhileABatchIsTriedAgain() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        double rebalances = rebalances();
        double retries = worker.retries("database_away");
        int taken = 0;
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
                // now and then one stays until it has got a partition, and takes it away with it
                if (round % 3 == 1) {
                    await().atMost(Stage.LIMIT).until(() -> {
                        passerby.poll(Duration.ofMillis(100));
                        return !passerby.assignment().isEmpty();
                    });
                    taken++;
                }
            }
            if (round == 5) {
                stage.databaseProxy().pass();
            }
        }
        assertThat(stage.settle()).as("seed %d", seed).isNotNull();
        assertThat(taken).as("partitions that went and came back").isPositive();
        assertThat(rebalances() - rebalances).as("rebalances of the worker").isGreaterThanOrEqualTo(taken);
        assertThat(worker.retries("database_away") - retries)
                .as("tries in between")
                .isPositive();
    }

    @Test
    @MatrixRow(12)
    void twoWorkersWithTheSameKeysLoseNothingIfOneIsKilled() {
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

    private double rebalances() {
        return worker.metric("kafka_consumer_coordinator_rebalance_total");
    }

    private void poison(UUID organization) {
        PipelineRun poison = (PipelineRun) Kind.RUNS.event(organization, stage.keys(1), 0);
        poison.setSourceName(Injections.POISON + "22001");
        stage.ledger().bad(Kind.RUNS, Wire.key(organization), Wire.bytes(poison), "refused_by_database");
    }
}

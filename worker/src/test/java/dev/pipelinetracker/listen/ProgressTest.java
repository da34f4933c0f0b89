package dev.pipelinetracker.listen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.engine.WorldFault.Cause;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProgressTest {

    private static final TopicPartition FIRST = new TopicPartition("topic", 0);
    private static final TopicPartition SECOND = new TopicPartition("topic", 1);
    private static final long START = 100;

    private Instant now = Instant.parse("2026-11-22T12:00:00Z");
    private final Progress progress = new Progress(() -> now);

    @BeforeEach
    void assign() {
        Consumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
        consumer.assign(List.of(FIRST, SECOND));
        consumer.seek(FIRST, START);
        consumer.seek(SECOND, START);
        progress.onPartitionsAssigned(consumer, List.of(FIRST, SECOND));
    }

    @Test
    void backsOffFurtherAndFurtherButNeverLongerThanTheCauseAllows() {
        List<ConsumerRecord<byte[], byte[]>> batch = records(FIRST, START, 3);
        List<Long> pauses = new ArrayList<>();
        for (int attempt = 0; attempt < 7; attempt++) {
            progress.started(batch);
            pauses.add(progress.waiting(batch, Cause.DATABASE_AWAY).toMillis());
        }
        assertThat(pauses).containsExactly(100L, 200L, 400L, 800L, 1600L, 2000L, 2000L);
        assertThat(progress.waiting(batch, Cause.DATABASE_STOPPED)).isEqualTo(Duration.ofSeconds(10));
        assertThat(progress.waitsFor()).contains(Cause.DATABASE_STOPPED);

        progress.processed(batch);

        assertThat(progress.waitsFor()).isEmpty();
        assertThat(progress.waiting(batch, Cause.DATABASE_AWAY)).isEqualTo(Duration.ofMillis(100));
    }

    @Test
    void anOutageLeavesTheBatchWholeHoweverLongItTakes() {
        List<ConsumerRecord<byte[], byte[]>> batch = records(FIRST, START, 1000);
        for (int attempt = 0; attempt < 300; attempt++) {
            progress.started(batch);
            progress.waiting(batch, Cause.DATABASE_AWAY);
        }
        assertThat(progress.started(batch)).isEqualTo(1000);
    }

    @Test
    void aBatchThatIsTooMuchIsHalvedAfterThreeTriesAndGrowsAgain() {
        List<ConsumerRecord<byte[], byte[]>> batch = records(FIRST, START, 1000);
        List<Integer> shares = new ArrayList<>();
        for (int attempt = 0; attempt < 5; attempt++) {
            shares.add(progress.started(batch));
            progress.waiting(batch.subList(0, shares.get(attempt)), Cause.DATABASE_SLOW);
        }
        assertThat(shares).containsExactly(1000, 1000, 1000, 500, 250);
        for (int attempt = 0; attempt < 20; attempt++) {
            progress.waiting(batch, Cause.DATABASE_SLOW);
        }
        assertThat(progress.started(batch)).isEqualTo(1);
        for (int success = 0; success < 13; success++) {
            progress.processed(batch);
        }
        assertThat(progress.started(batch)).isEqualTo(1000);
    }

    @Test
    void lagIsTheAgeOfTheOldestRecordThatWaits() {
        List<ConsumerRecord<byte[], byte[]>> batch = records(FIRST, START, 2);
        progress.started(batch);
        progress.ends(Map.of(FIRST, START + 5, SECOND, START));
        now = now.plusSeconds(90);

        assertThat(progress.lagRecords()).isEqualTo(5);
        assertThat(progress.lagSeconds()).isEqualTo(90);

        progress.processed(batch);
        progress.ends(Map.of(FIRST, START + 2));

        assertThat(progress.lagRecords()).isZero();
        assertThat(progress.lagSeconds()).isZero();
    }

    @Test
    void deletedOffsetsAreToldOnceWhetherFoundBeforeOrAfterTheJump() {
        assertThat(progress.lost(Map.of(FIRST, START))).isEmpty();
        assertThat(progress.lost(Map.of(FIRST, START + 4))).containsExactly(Map.entry(FIRST, 4L));
        assertThat(progress.lost(Map.of(FIRST, START + 4))).isEmpty();

        progress.started(records(SECOND, START + 7, 1));
        assertThat(progress.lost(Map.of(SECOND, START + 7))).containsExactly(Map.entry(SECOND, 7L));

        progress.processed(records(SECOND, START + 7, 1));
        assertThat(progress.lost(Map.of(SECOND, START + 7))).isEmpty();
    }

    @Test
    void theMarkerAtTheEndOfATransactionIsNoLagOnceThePartitionIsIdle() {
        progress.processed(records(FIRST, START, 1));
        progress.ends(Map.of(FIRST, START + 2));
        assertThat(progress.lagRecords()).isEqualTo(1);

        progress.idle(FIRST, START + 2);
        progress.ends(Map.of(FIRST, START + 2));

        assertThat(progress.lagRecords()).isZero();
        assertThat(progress.lagSeconds()).isZero();
        assertThat(progress.lost(Map.of(FIRST, 0L))).isEmpty();
    }

    @Test
    void whatIsInHandIsNotLostWhateverRetentionDeletes() {
        progress.started(records(FIRST, START, 5));

        assertThat(progress.lost(Map.of(FIRST, START + 3))).isEmpty();
    }

    @Test
    void isPausedUntilItListens() {
        assertThat(progress.isPaused()).isTrue();
        progress.listening();
        assertThat(progress.isPaused()).isFalse();
        progress.waiting(records(FIRST, START, 1), Cause.BROKER);
        assertThat(progress.isPaused()).isTrue();
    }

    @Test
    void gapsOfTransactionsAndCompactionAreNotLost() {
        progress.processed(records(FIRST, START, 1));
        progress.started(records(FIRST, START + 3, 1));

        assertThat(progress.lost(Map.of(FIRST, 0L))).isEmpty();
    }

    @Test
    void isStuckOnlyWhenNothingMovesThoughRecordsAndBrokerAreThere() {
        Duration limit = Duration.ofMinutes(5);
        brokerTellsForSixMinutes(START);
        assertThat(progress.stuck(limit)).as("no lag").isEmpty();

        progress.ends(Map.of(FIRST, START + 1));
        assertThat(progress.stuck(limit)).as("it came a moment ago").isEmpty();

        brokerTellsForSixMinutes(START + 1);
        assertThat(progress.stuck(limit)).containsExactly(FIRST);

        now = now.plus(Duration.ofMinutes(1));
        assertThat(progress.stuck(limit)).as("the broker does not answer").isEmpty();
        progress.ends(Map.of(FIRST, START + 1));
        assertThat(progress.stuck(limit)).as("the broker is back a moment ago").isEmpty();

        progress.waiting(records(FIRST, START, 1), Cause.DATABASE_AWAY);
        brokerTellsForSixMinutes(START + 1);
        assertThat(progress.stuck(limit)).as("waits for the database").isEmpty();
    }

    private void brokerTellsForSixMinutes(long end) {
        for (int i = 0; i < 36; i++) {
            now = now.plusSeconds(10);
            progress.ends(Map.of(FIRST, end));
        }
    }

    @Test
    void whatIsRevokedTakesItsStateWithIt() {
        progress.waiting(records(FIRST, START, 1), Cause.DATABASE_AWAY);
        progress.ends(Map.of(FIRST, START + 1));

        progress.onPartitionsRevokedBeforeCommit(new MockConsumer<>("earliest"), List.of(FIRST));

        assertThat(progress.waitsFor()).isEqualTo(Optional.empty());
        assertThat(progress.lagRecords()).isZero();
        assertThat(progress.partitions()).containsExactly(SECOND);
    }

    private List<ConsumerRecord<byte[], byte[]>> records(TopicPartition partition, long from, int count) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (long offset = from; offset < from + count; offset++) {
            records.add(new ConsumerRecord<>(
                    partition.topic(),
                    partition.partition(),
                    offset,
                    now.toEpochMilli(),
                    TimestampType.CREATE_TIME,
                    0,
                    0,
                    new byte[0],
                    new byte[0],
                    new RecordHeaders(),
                    Optional.empty()));
        }
        return records;
    }
}

package dev.pipelinetracker.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pipelinetracker.engine.WorldFault.Cause;
import dev.pipelinetracker.listen.Gap.Why;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProgressTest {

    private static final TopicPartition FIRST = new TopicPartition("topic", 0);
    private static final TopicPartition SECOND = new TopicPartition("topic", 1);
    private static final long START = 100;

    private Instant now = Instant.parse("2026-11-22T12:00:00Z");
    private final List<Gap> gaps = new ArrayList<>();
    private final List<TopicPartition> released = new ArrayList<>();
    private final List<TopicPartition> asked = new ArrayList<>();
    private final List<TopicPartition> ends = new ArrayList<>();
    private final Set<TopicPartition> silent = new HashSet<>();
    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("latest");
    private final Places places = new Places(() -> now, Duration.ofMinutes(1), this::bounds, gaps::add, released::add);
    private final Progress progress = new Progress(() -> now, places);

    private Map<TopicPartition, Long> bounds(Collection<TopicPartition> partitions, OffsetSpec which) {
        if (partitions.stream().anyMatch(silent::contains)) {
            asked.addAll(partitions);
            return Map.of();
        }
        if (which instanceof OffsetSpec.EarliestSpec) {
            return consumer.beginningOffsets(partitions);
        }
        ends.addAll(partitions);
        return consumer.endOffsets(partitions);
    }

    @BeforeEach
    void assign() {
        consumer.assign(List.of(FIRST, SECOND));
        logs(0, START + 1_000_000);
        commit(FIRST, START);
        commit(SECOND, START);
        places.onPartitionsAssigned(consumer, List.of(FIRST, SECOND));
    }

    /** Where the logs start and end. */
    private void logs(long start, long end) {
        consumer.updateBeginningOffsets(Map.of(FIRST, start, SECOND, start));
        consumer.updateEndOffsets(Map.of(FIRST, end, SECOND, end));
    }

    private void commit(TopicPartition partition, long offset) {
        consumer.commitSync(Map.of(partition, new OffsetAndMetadata(offset)));
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

        progress.acknowledged(batch);

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
        assertThat(progress.started(batch)).containsExactly(batch);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 311, 499, 500, 617, 998, 999})
    void aRecordThatIsTooSlowIsFoundWhereverItIsAndTheOthersAreSettled(int at) {
        List<ConsumerRecord<byte[], byte[]>> batch = records(FIRST, START, 1000);
        long slow = START + at;
        List<Integer> tried = new ArrayList<>();
        Set<Long> settled = new TreeSet<>();
        int attempts = 0;
        while (settled.size() < 999) {
            assertThat(++attempts).as("attempts; shares %s", tried).isLessThanOrEqualTo(15);
            for (List<ConsumerRecord<byte[], byte[]>> share : progress.started(batch)) {
                tried.add(share.size());
                if (share.stream().anyMatch(each -> each.offset() == slow)) {
                    progress.waiting(share, Cause.DATABASE_SLOW);
                    break;
                }
                progress.settled(share);
                share.forEach(each ->
                        assertThat(settled.add(each.offset())).as("once").isTrue());
            }
        }
        assertThat(tried).startsWith(1000, 1000, 1000, 500);
        // now it is the only one that waits
        assertThat(progress.started(batch)).containsExactly(List.of(batch.get(at)));

        progress.acknowledged(batch);

        assertThat(progress.started(records(FIRST, START + 1000, 1000))).hasSize(1);
    }

    @Test
    void aRecordThatStaysSlowDoesNotStarveAnotherThatWasSlowForAWhile() {
        List<ConsumerRecord<byte[], byte[]>> batch = records(FIRST, START, 8);
        Set<Long> locked = new TreeSet<>(Set.of(START + 1, START + 6));
        for (int attempt = 0; attempt < 40; attempt++) {
            if (attempt == 25) {
                locked.remove(START + 6);
            }
            for (List<ConsumerRecord<byte[], byte[]>> share : progress.started(batch)) {
                if (share.stream().anyMatch(each -> locked.contains(each.offset()))) {
                    progress.waiting(share, Cause.DATABASE_SLOW);
                    break;
                }
                progress.settled(share);
            }
        }
        assertThat(progress.started(batch)).containsExactly(List.of(batch.get(1)));
    }

    @Test
    void aConsumerThatHearsLateOfItsLossTakesNothingFromItsSibling() throws InterruptedException {
        List<ConsumerRecord<byte[], byte[]>> batch = records(FIRST, START, 3);
        progress.started(batch);
        onSiblingsThread(() -> {
            places.onPartitionsAssigned(consumer, List.of(FIRST));
            progress.started(batch);
            progress.settled(batch.subList(0, 2));
        });

        progress.acknowledged(batch);
        places.onPartitionsLost(consumer, List.of(FIRST));

        assertThat(progress.nextOffsets()).containsEntry(FIRST, START);
        assertThat(released).isEmpty();
    }

    private static void onSiblingsThread(Runnable action) throws InterruptedException {
        Thread sibling = new Thread(action, "sibling");
        sibling.start();
        sibling.join();
    }

    @Test
    void sharesGrowAgainOnceBatchesAreDone() {
        List<ConsumerRecord<byte[], byte[]>> batch = records(FIRST, START, 1000);
        for (int attempt = 0; attempt < 6; attempt++) {
            progress.waiting(progress.started(batch).get(0), Cause.DATABASE_SLOW);
        }
        assertThat(progress.started(batch)).hasSizeGreaterThan(8);
        for (int success = 0; success < 13; success++) {
            progress.acknowledged(batch);
        }
        assertThat(progress.started(batch)).containsExactly(batch);
    }

    @Test
    void ofABatchThatWaitsOnlyWhatIsOpenIsTriedAgain() {
        List<ConsumerRecord<byte[], byte[]>> batch = records(FIRST, START, 5);
        progress.started(batch);
        progress.settled(List.of(batch.get(0), batch.get(3)));
        progress.waiting(batch, Cause.REGISTRY);

        assertThat(progress.started(batch)).containsExactly(List.of(batch.get(1), batch.get(2), batch.get(4)));

        // whoever gets it next knows nothing of that
        places.onPartitionsLost(consumer, List.of(FIRST));
        assertThat(released).containsExactly(FIRST);
        assertThat(progress.started(batch)).containsExactly(batch);
    }

    @Test
    void lagIsTheAgeOfTheOldestRecordThatWaits() {
        List<ConsumerRecord<byte[], byte[]>> batch = records(FIRST, START, 2);
        progress.started(batch);
        progress.ends(Map.of(FIRST, START + 5, SECOND, START));
        now = now.plusSeconds(90);

        assertThat(progress.lagRecords()).isEqualTo(5);
        assertThat(progress.lagSeconds()).isEqualTo(90);

        progress.acknowledged(batch);
        progress.ends(Map.of(FIRST, START + 2));

        assertThat(progress.lagRecords()).isZero();
        assertThat(progress.lagSeconds()).isZero();
    }

    @Test
    void deletedOffsetsAreToldOnceWhetherTheWorkerOrItsConsumerFindsThem() {
        logsStartAt(START);
        assertThat(gaps).isEmpty();
        logsStartAt(FIRST, START + 4);
        logsStartAt(FIRST, START + 4);
        assertThat(gaps).containsExactly(new Gap(FIRST, START, START + 4, Why.DELETED));

        gaps.clear();
        logs(START + 7, START + 20);
        List<ConsumerRecord<byte[], byte[]>> behind = records(SECOND, START + 7, 1);
        assertThat(places.isInPlace(consumer, behind)).isTrue();
        assertThat(gaps).as("before any is processed").containsExactly(new Gap(SECOND, START, START + 7, Why.DELETED));

        progress.started(behind);
        progress.acknowledged(behind);
        logsStartAt(SECOND, START + 7);
        assertThat(gaps).hasSize(1);
    }

    @Test
    void whatIsSettledAlreadyIsNotLostWithTheRestOfItsBatch() {
        List<ConsumerRecord<byte[], byte[]>> batch = records(FIRST, START, 10);
        progress.started(batch);
        progress.settled(batch.subList(0, 4));
        progress.waiting(batch, Cause.REGISTRY);

        logsStartAt(FIRST, START + 6);

        assertThat(gaps).containsExactly(new Gap(FIRST, START + 4, START + 6, Why.DELETED));
    }

    @Test
    void whatIsGoneIsFoundWhenAPartitionIsAssigned() {
        logs(START + 5, START + 20);
        commit(FIRST, START);
        commit(SECOND, START + 30);

        places.onPartitionsAssigned(consumer, List.of(FIRST, SECOND));

        assertThat(gaps)
                .containsExactlyInAnyOrder(
                        new Gap(FIRST, START, START + 5, Why.DELETED),
                        new Gap(SECOND, START + 20, START + 30, Why.LOG_SHORTENED));
        assertThat(consumer.position(FIRST)).isEqualTo(START + 5);
        assertThat(consumer.position(SECOND)).isEqualTo(START + 5);
        logsStartAt(START + 5);
        assertThat(gaps).as("told once").hasSize(2);
    }

    @Test
    void aGapBeforeAQuietPartitionIsToldOnceHoweverOftenItIsAssigned() {
        logs(START + 5, START + 5);
        places.onPartitionsAssigned(consumer, List.of(FIRST));
        places.idle(FIRST, consumer);
        places.commitBehindGap(FIRST, consumer, () -> false);
        assertThat(committed(FIRST)).as("before it is on record").isEqualTo(START);
        places.commitBehindGap(FIRST, consumer, () -> true);
        places.commitBehindGap(SECOND, consumer, () -> true);

        places.onPartitionsAssigned(consumer, List.of(FIRST));

        assertThat(gaps).containsExactly(new Gap(FIRST, START, START + 5, Why.DELETED));
        assertThat(committed(SECOND)).isEqualTo(START);
    }

    @Test
    void nothingIsCommittedBehindAGapWhileABatchIsInHand() {
        logs(START + 5, START + 20);
        places.onPartitionsAssigned(consumer, List.of(FIRST));
        progress.started(records(FIRST, START + 5, 3));

        places.commitBehindGap(FIRST, consumer, () -> true);

        assertThat(committed(FIRST)).isEqualTo(START);
    }

    private long committed(TopicPartition partition) {
        return Objects.requireNonNull(consumer.committed(Set.of(partition)).get(partition))
                .offset();
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "7, 1"})
    void aGroupWithoutAnOffsetStartsAtTheLogsStartAndMissesWhatWasBefore(long start, int found) {
        TopicPartition third = new TopicPartition("topic", 2);
        consumer.assign(List.of(FIRST, SECOND, third));
        consumer.updateBeginningOffsets(Map.of(third, start));
        consumer.updateEndOffsets(Map.of(third, START));

        places.onPartitionsAssigned(consumer, List.of(third));

        assertThat(consumer.position(third)).isEqualTo(start);
        assertThat(gaps).hasSize(found).allMatch(new Gap(third, 0, 7, Why.NO_OFFSET)::equals);
    }

    @Test
    void aBrokerThatDoesNotAnswerAtTheAssignmentHidesNoGap() {
        consumer.setOffsetsException(new TimeoutException("no answer"));
        logs(START + 5, START + 20);
        places.onPartitionsAssigned(consumer, List.of(FIRST, SECOND));
        assertThat(gaps).isEmpty();

        // one with its first records, the other without any
        consumer.setOffsetsException(null);
        assertThat(places.isInPlace(consumer, records(FIRST, START + 5, 3))).isTrue();
        places.idle(SECOND, consumer);

        assertThat(gaps)
                .containsExactly(
                        new Gap(FIRST, START, START + 5, Why.DELETED), new Gap(SECOND, START, START + 5, Why.DELETED));
    }

    @Test
    void aBrokerThatIsAwayCostsAConsumerOneTimeOutAtATimeAndEachPartitionHasItsTurn() {
        consumer.setOffsetsException(new TimeoutException("no answer"));
        places.onPartitionsAssigned(consumer, List.of(FIRST, SECOND));
        silent.addAll(List.of(FIRST, SECOND));
        idleBoth();
        idleBoth();
        assertThat(asked).as("in a row").containsExactly(FIRST);

        now = now.plusSeconds(1);
        idleBoth();
        assertThat(asked).as("a moment later").containsExactly(FIRST, SECOND);

        now = now.plusSeconds(12);
        silent.clear();
        idleBoth();
        assertThat(progress.nextOffsets()).containsOnlyKeys(FIRST, SECOND);
    }

    private void idleBoth() {
        places.idle(FIRST, consumer);
        places.idle(SECOND, consumer);
    }

    @Test
    void aLogThatEndsBeforeWhatWasProcessedIsReadFromItsStart() {
        progress.started(records(FIRST, START, 10));
        progress.acknowledged(records(FIRST, START, 10));
        Map<TopicPartition, Long> before = progress.nextOffsets();
        logs(0, START + 3);

        progress.findGaps(before, Map.of(), Map.of(FIRST, START + 3, SECOND, START + 3));
        progress.findGaps(before, Map.of(), Map.of(FIRST, START + 3, SECOND, START + 3));

        assertThat(gaps).containsExactly(new Gap(FIRST, START + 3, START + 10, Why.LOG_SHORTENED));
        assertThat(places.isInPlace(consumer, records(FIRST, START + 3, 5))).isFalse();
        assertThat(consumer.position(FIRST)).isZero();
        assertThat(places.isInPlace(consumer, records(FIRST, 0, 5))).isTrue();
        assertThat(progress.started(records(FIRST, 0, 5))).hasSize(1);
    }

    @Test
    void ofALogThatWasMadeAnewUnderABatchThatWaitsEveryRecordIsProcessed() {
        List<ConsumerRecord<byte[], byte[]>> batch = records(FIRST, START, 5);
        progress.started(batch);
        progress.settled(batch.subList(0, 2));
        progress.waiting(batch, Cause.REGISTRY);
        logs(0, START + 15);

        // the consumer was reset to the new log's start by itself, before anybody looked
        List<ConsumerRecord<byte[], byte[]>> anew = records(FIRST, 0, (int) START + 15);
        assertThat(places.isInPlace(consumer, anew)).isTrue();

        assertThat(progress.started(anew)).containsExactly(anew);
        assertThat(released).containsExactly(FIRST);
    }

    @Test
    void aShorterLogIsOnRecordThoughItsConsumerFoundItFirst() {
        progress.acknowledged(records(FIRST, START, 10));
        logs(0, START + 3);

        assertThat(places.isInPlace(consumer, records(FIRST, 0, 5))).isTrue();
        progress.started(records(FIRST, 0, 5));
        progress.findGaps(progress.nextOffsets(), Map.of(), Map.of(FIRST, START + 3));

        assertThat(gaps).containsExactly(new Gap(FIRST, START + 3, START + 10, Why.LOG_SHORTENED));
    }

    @Test
    void whatIsDeliveredAgainAfterAFailedCommitIsNoGap() {
        progress.acknowledged(records(FIRST, START, 10));

        assertThat(places.isInPlace(consumer, records(FIRST, START, 10))).isTrue();
        assertThat(gaps).isEmpty();
    }

    @Test
    void ofTwoShorterLogsNeitherIsSkippedWhenTheBrokerTellsOnlyOneStart() {
        List<ConsumerRecord<byte[], byte[]>> polled = records(FIRST, START, 2);
        polled.addAll(records(SECOND, START, 2));
        logs(0, 3);
        progress.findGaps(progress.nextOffsets(), Map.of(), Map.of(FIRST, 3L, SECOND, 3L));
        silent.add(SECOND);

        assertThatThrownBy(() -> places.isInPlace(consumer, polled)).isInstanceOf(TimeoutException.class);
        assertThat(consumer.position(FIRST)).isEqualTo(START);

        silent.clear();
        assertThat(places.isInPlace(consumer, polled)).isFalse();
        assertThat(consumer.position(FIRST)).isZero();
        assertThat(consumer.position(SECOND)).isZero();
    }

    @Test
    void anAnswerThatIsOlderThanWhatWasProcessedMeanwhileIsNoShorterLog() {
        Map<TopicPartition, Long> before = progress.nextOffsets();
        progress.acknowledged(records(FIRST, START, 10));

        progress.findGaps(before, Map.of(), Map.of(FIRST, START));

        assertThat(gaps).isEmpty();
    }

    private void logsStartAt(long start) {
        progress.findGaps(progress.nextOffsets(), Map.of(FIRST, start, SECOND, start), Map.of());
    }

    private void logsStartAt(TopicPartition partition, long start) {
        progress.findGaps(progress.nextOffsets(), Map.of(partition, start), Map.of());
    }

    @Test
    void theMarkerAtTheEndOfATransactionIsNoLagOnceThePartitionIsIdle() {
        progress.acknowledged(records(FIRST, START, 1));
        progress.ends(Map.of(FIRST, START + 2));
        assertThat(progress.lagRecords()).isEqualTo(1);

        consumer.seek(FIRST, START + 2);
        places.idle(FIRST, consumer);
        progress.ends(Map.of(FIRST, START + 2));

        assertThat(progress.lagRecords()).isZero();
        assertThat(progress.lagSeconds()).isZero();
        logsStartAt(FIRST, 0);
        assertThat(gaps).isEmpty();
    }

    /** Before its gaps are on record nothing is started, which may take as long as the database is away. */
    @Test
    void whatWasPolledIsInHandBeforeItIsStarted() {
        assertThat(places.isInPlace(consumer, records(FIRST, START, 3))).isTrue();

        logsStartAt(FIRST, START + 50);

        assertThat(gaps).isEmpty();
    }

    /** Behind each marker of a transaction: one question, not two. */
    @Test
    void ofAConsumerThatIsFurtherOnOnlyTheLogsStartIsAsked() {
        ends.clear();

        assertThat(places.isInPlace(consumer, records(FIRST, START + 1, 3))).isTrue();

        assertThat(gaps).isEmpty();
        assertThat(ends).isEmpty();
    }

    @Test
    void whatIsInHandIsNotLostWhateverRetentionDeletes() {
        progress.started(records(FIRST, START, 5));

        logsStartAt(FIRST, START + 3);
        assertThat(gaps).isEmpty();
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
        progress.acknowledged(records(FIRST, START, 1));

        assertThat(places.isInPlace(consumer, records(FIRST, START + 3, 1))).isTrue();
        logsStartAt(FIRST, 0);
        assertThat(gaps).isEmpty();
    }

    @Test
    void aWaitEndsWhenWhatWaitedIsDeleted() {
        progress.listening();
        List<ConsumerRecord<byte[], byte[]>> batch = records(FIRST, START, 5);
        progress.started(batch);
        progress.waiting(batch, Cause.DATABASE_AWAY);

        logs(START + 3, START + 5);
        logsStartAt(START + 3);
        consumer.seek(FIRST, START + 3);
        assertThat(places.idle(FIRST, consumer)).as("some of it waits still").isFalse();
        assertThat(progress.isPaused()).isTrue();

        logs(START + 5, START + 5);
        logsStartAt(START + 5);
        consumer.seek(FIRST, START + 5);
        assertThat(places.idle(FIRST, consumer)).isTrue();
        assertThat(progress.isPaused()).isFalse();
        assertThat(places.idle(FIRST, consumer)).as("told once").isFalse();
    }

    @Test
    void whatIsGoneIsToldOnceThoughTheConsumerHasNotNoticedYet() {
        List<ConsumerRecord<byte[], byte[]>> batch = records(FIRST, START, 5);
        progress.started(batch);
        progress.settled(List.of(batch.get(4)));
        progress.waiting(batch, Cause.REGISTRY);
        logs(START + 3, START + 20);
        logsStartAt(START + 3);
        gaps.clear();
        consumer.seek(FIRST, START);

        places.idle(FIRST, consumer);
        logsStartAt(START + 3);

        assertThat(gaps).isEmpty();
        assertThat(consumer.position(FIRST)).isEqualTo(START + 3);
        assertThat(progress.started(batch.subList(3, 5))).containsExactly(List.of(batch.get(3)));
    }

    @Test
    void aWaitEndsWhenTheLogIsMadeAnewAndEmpty() {
        List<ConsumerRecord<byte[], byte[]>> batch = records(FIRST, START, 5);
        progress.started(batch);
        progress.waiting(batch, Cause.REGISTRY);
        logs(0, 0);
        progress.findGaps(progress.nextOffsets(), Map.of(), Map.of(FIRST, 0L));

        assertThat(places.idle(FIRST, consumer)).isTrue();

        assertThat(progress.waitsFor()).isEmpty();
        assertThat(consumer.position(FIRST)).isZero();
    }

    @Test
    void aPartitionThatIsAssignedAnewWaitsForNothing() {
        progress.waiting(records(FIRST, START, 1), Cause.DATABASE_AWAY);

        places.onPartitionsAssigned(consumer, List.of(FIRST));

        assertThat(progress.waitsFor()).isEmpty();
    }

    @Test
    void whenAConsumerWaitsNothingOfItsOtherPartitionsStaysInHand() {
        List<ConsumerRecord<byte[], byte[]>> batch = records(FIRST, START, 3);
        batch.addAll(records(SECOND, START, 3));
        progress.started(batch);
        progress.waiting(batch.subList(0, 3), Cause.REGISTRY);

        logsStartAt(SECOND, START + 2);

        assertThat(gaps).containsExactly(new Gap(SECOND, START, START + 2, Why.DELETED));
        assertThat(progress.started(batch.subList(0, 3))).containsExactly(batch.subList(0, 3));
    }

    @Test
    void whenOneOfItsLogsIsShorterAConsumerIsSentBackInAllItsPartitionsToNoFurtherThanItPolled() {
        List<ConsumerRecord<byte[], byte[]>> polled = records(FIRST, START, 2);
        polled.addAll(records(SECOND, START, 2));
        logs(0, START + 1_000);
        progress.findGaps(progress.nextOffsets(), Map.of(), Map.of(FIRST, 3L, SECOND, START));
        consumer.seek(SECOND, START + 2);

        assertThat(places.isInPlace(consumer, polled)).isFalse();

        assertThat(consumer.position(FIRST)).isZero();
        assertThat(consumer.position(SECOND)).isEqualTo(START);
        assertThat(progress.nextOffsets()).isEqualTo(Map.of(FIRST, 0L, SECOND, START));
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

        now = now.plus(Duration.ofMinutes(3));
        assertThat(progress.stuck(limit)).as("the broker does not answer").isEmpty();
        progress.ends(Map.of(FIRST, START + 1));
        assertThat(progress.stuck(limit)).as("the broker is back a moment ago").isEmpty();

        for (int i = 0; i < 360; i++) {
            progress.waiting(records(FIRST, START, 1), Cause.DATABASE_AWAY);
            now = now.plusSeconds(1);
            progress.ends(Map.of(FIRST, START + 1, SECOND, START + 1));
        }
        assertThat(progress.stuck(limit))
                .as("it waits for the database, and what its consumer has not polled waits with it")
                .isEmpty();

        progress.started(records(FIRST, START, 1));
        brokerTellsForSixMinutes(START + 1);
        assertThat(progress.stuck(limit)).as("an attempt that does not end").containsExactly(FIRST);
    }

    @Test
    void aConsumerThatTheBrokerRefusesIsNotStuck() {
        progress.ends(Map.of(FIRST, START + 1));
        for (int attempt = 0; attempt < 36; attempt++) {
            now = now.plusSeconds(10);
            progress.refused(consumer);
            progress.ends(Map.of(FIRST, START + 1));
        }
        assertThat(progress.stuck(Duration.ofMinutes(5))).isEmpty();
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

        places.onPartitionsRevokedBeforeCommit(consumer, List.of(FIRST));

        assertThat(progress.waitsFor()).isEqualTo(Optional.empty());
        assertThat(progress.lagRecords()).isZero();
        assertThat(progress.nextOffsets()).containsOnlyKeys(SECOND);
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

package dev.pipelinetracker.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.replay.Selection.Offsets;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.support.RunningWorker;
import dev.pipelinetracker.wire.EventEncoder;
import dev.pipelinetracker.wire.EventSchemas;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** A replay beside the live consumers' group, on what they have already stored. */
class ReplayTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int RUNS = 300;
    private static final int PARTITIONS = 3;
    private static final Instant START = Instant.parse("2026-11-01T00:00:00Z");
    private static final String FEED = "pipeline-runs";
    private static final String TABLE = "analytics_pipeline_history";

    private final Database database = RealPostgres.freshDatabase();
    private final UUID one = database.organization("One");
    private final UUID other = database.organization("Other");
    private final String prefix = RunningWorker.createTopics(PARTITIONS);
    private final String topic = prefix + FEED;
    private final StopSignal stop = StopSignal.installed();
    private OperatorSession session;

    @BeforeEach
    void storeTheEventsLive() {
        SchemaRegistry registry = new SchemaRegistry(RegistrySettings.at(URI.create(RealRegistry.url())));
        EventEncoder<PipelineRun> encoder = new EventEncoder<>(
                PipelineRun.class, registry.register("test-PipelineRun", EventSchemas.avsc(PipelineRun.class)));
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < RUNS; i++) {
            UUID owner = i % 3 == 0 ? other : one;
            PipelineRun running = Events.run(owner, i);
            running.setSourceId(i % 2 == 0 ? "even" : "odd");
            running.setStatus(RunStatus.running);
            running.setTimestamp(Events.MOMENT.minusSeconds(60));
            PipelineRun completed = Events.run(owner, i);
            completed.setSourceId(running.getSourceId());
            for (PipelineRun event : List.of(running, completed)) {
                records.add(new ProducerRecord<>(
                        topic,
                        i % PARTITIONS,
                        START.plusSeconds(i).toEpochMilli(),
                        Events.key(owner),
                        encoder.encode(event)));
            }
        }
        records.add(new ProducerRecord<>(
                topic, 0, START.toEpochMilli(), Events.key(one), "rubbish".getBytes(StandardCharsets.UTF_8)));
        RealBroker.sendAll(records);
        try (RunningWorker worker = RunningWorker.start(prefix, database)) {
            await().atMost(SOON).until(() -> worker.count("tracker.events") == 2 * RUNS + 1);
        }
        session = OperatorSession.start(prefix, database, Replays.class);
    }

    @AfterEach
    void end() {
        stop.close();
        session.close();
    }

    @Test
    void ofWhatIsStoredItTouchesNoRowUsesNoIdAndLeavesGroupAndDeadLettersAlone() throws Exception {
        List<String> versions = rowVersions();
        Map<TopicPartition, OffsetAndMetadata> committed = committed();
        database.vacuum();

        assertThat(replay(OperatorSession.ALL, OperatorSession.YES)).isTrue();

        assertThat(session.shown())
                .contains("at most 601 records")
                .contains(
                        "replay 1 done: 601 records: 0 inserted, 0 updated, 600 unchanged, 1 rejected {unreadable=1}");
        assertThat(rowVersions()).isEqualTo(versions);
        assertThat(database.sequence(TABLE)).isEqualTo(RUNS);
        assertThat(committed()).isEqualTo(committed);
        assertThat(RealBroker.readAll(topic + ".dlt")).hasSize(1);
        MeterRegistry meters = session.get(MeterRegistry.class);
        assertThat(meters.get("tracker.runs").counters()).allMatch(runs -> runs.count() == 0);
        assertThat(meters.get("tracker.run.duration").timers()).allMatch(durations -> durations.count() == 0);
        assertThat(meters.get("tracker.events").counters())
                .as("the live meters")
                .allMatch(events -> events.count() == 0);
    }

    @Test
    void rowsDeletedByHandComeBackForJustThatOrganization() {
        List<String> before = rows(one);
        database.sql().sql("DELETE FROM " + TABLE).update();

        replay(OperatorSession.selection(one), OperatorSession.YES);

        assertThat(rows(one)).isEqualTo(before).hasSize(200);
        assertThat(rows(other)).isEmpty();
        assertThat(session.shown()).contains("200 inserted, 0 updated, 200 unchanged, 1 rejected");
    }

    @Test
    void aSourceATimeWindowAndOffsetsSelect() {
        database.sql().sql("DELETE FROM " + TABLE).update();
        replay(new Selection(null, null, List.of(), List.of("odd"), Set.of(), Map.of()), OperatorSession.YES);
        assertThat(count("source_id = 'odd'")).isEqualTo(150);
        assertThat(count("source_id = 'even'")).isZero();

        database.sql().sql("DELETE FROM " + TABLE).update();
        replay(
                new Selection(START.plusSeconds(100), START.plusSeconds(110), List.of(), List.of(), Set.of(), Map.of()),
                OperatorSession.YES);
        assertThat(count("true")).isEqualTo(10);

        database.sql().sql("DELETE FROM " + TABLE).update();
        replay(
                new Selection(null, null, List.of(), List.of(), Set.of(), Map.of(1, new Offsets(0, 10L))),
                OperatorSession.YES);
        assertThat(count("true")).isEqualTo(5);
        assertThat(session.shown()).contains("at most 10 records");

        database.sql().sql("DELETE FROM " + TABLE).update();
        replay(new Selection(null, null, List.of(), List.of(), Set.of(0, 2), Map.of()), OperatorSession.YES);
        assertThat(count("true")).as("partition 1 is left out").isEqualTo(200);
        assertThat(session.shown()).contains("at most 401 records");
    }

    @Test
    void aDryRunTellsWhatWouldHappenAndChangesNothing() {
        database.sql()
                .sql("DELETE FROM %s WHERE org_id = ?".formatted(TABLE))
                .param(other)
                .update();
        database.sql()
                .sql("UPDATE %s SET \"timestamp\" = \"timestamp\" - interval '1 year' WHERE source_id = 'odd'"
                        .formatted(TABLE))
                .update();
        List<String> versions = rowVersions();
        long ids = database.sequence(TABLE);

        replay(OperatorSession.ALL, OperatorSession.DRY);

        assertThat(session.shown()).contains("100 inserted, 100 updated, 400 unchanged, 1 rejected");
        assertThat(rowVersions()).isEqualTo(versions);
        assertThat(database.sequence(TABLE)).isEqualTo(ids);
        assertThat(count("tracker.replays", "true")).isZero();
    }

    @Test
    void aDryRunCountsAsTheReplayWillWhateverTheBatchesAndWaitsForNobodysLocks() throws Exception {
        database.sql().sql("DELETE FROM " + TABLE).update();
        Selection tenRecords =
                new Selection(null, null, List.of(), List.of(), Set.of(), Map.of(1, new Offsets(0, 10L)));
        // one record a batch: a run begins in one and ends in the next
        Speed oneByOne = new Speed(Rate.parse("10/s"), false, 0);
        String counts = "10 records: 5 inserted, 5 updated, 0 unchanged";
        try (Connection foreign = database.dataSource().getConnection();
                Statement statement = foreign.createStatement()) {
            foreign.setAutoCommit(false);
            // none may write, or lock a row
            statement.execute("LOCK TABLE %s IN EXCLUSIVE MODE".formatted(TABLE));
            replay(tenRecords, new Manner(oneByOne, true, false, false));
            foreign.rollback();
        }
        assertThat(session.shown()).contains("dry run, nothing was changed: " + counts);
        assertThat(count("true")).isZero();
        assertThat(database.sequence(TABLE)).isEqualTo(RUNS);

        replay(tenRecords, new Manner(oneByOne, false, true, false));
        assertThat(session.shown()).contains("replay 1 done: " + counts);
        replay(tenRecords, new Manner(oneByOne, true, false, false));
        assertThat(session.shown()).contains("0 inserted, 0 updated, 10 unchanged");
    }

    @Test
    void aDryRunLeavesTheRealTableAloneEvenWhereTemporaryTablesComeLast() {
        database.sql().sql("DELETE FROM " + TABLE).update();
        database.sql()
                .sql("ALTER DATABASE %s SET search_path = public, pg_temp".formatted(database.name()))
                .update();
        try (OperatorSession another = OperatorSession.start(prefix, database, Replays.class)) {
            another.get(Replays.class)
                    .replay(FEED, OperatorSession.ALL, OperatorSession.DRY, null, another.operator(), stop);
            assertThat(another.shown()).contains("300 inserted, 0 updated, 300 unchanged");
            assertThat(another.get(Replays.class)
                            .verify(
                                    FEED,
                                    OperatorSession.ALL,
                                    OperatorSession.YES.speed(),
                                    false,
                                    another.operator(),
                                    stop))
                    .isFalse();
            assertThat(another.shown()).contains("300 missing");
        }
        assertThat(count("true")).isZero();
        assertThat(database.sequence(TABLE)).isEqualTo(RUNS);
    }

    @Test
    void whoeverWasThoughtDeadWritesNothingOnceAnotherHasResumed() {
        database.sql().sql("DELETE FROM " + TABLE).update();
        TransactionTemplate transactions =
                new TransactionTemplate(new JdbcTransactionManager(session.get(DataSource.class)));
        Journal journal = new Journal(session.get(DataSource.class));
        Jobs jobs = new Jobs(session.get(DataSource.class));
        try (OpenFeed feed = session.get(Feeds.class).open(FEED);
                FeedLock lock = feed.lock();
                Batches batches = feed.read(topic, Map.of(1, 0L), Map.of(1, 20L), 10, session.operator())) {
            Plan plan = feed.plan(OperatorSession.ALL, session.operator());
            long id = Objects.requireNonNull(transactions.execute(begun -> journal.begin(plan, "zombie", null)));
            CommitWithCheckpoint zombie =
                    new CommitWithCheckpoint(feed.processor(), journal, jobs, transactions, lock, id, 0, 0);
            Batches.Batch first = next(batches);
            zombie.write(first.records(), new BatchWriter.Position(first.next(), new Tally()));
            assertThat(count("true")).isEqualTo(5);
            Job job = jobs.find(id).orElseThrow();

            transactions.executeWithoutResult(resumed -> journal.resume(job, plan, "successor"));

            Batches.Batch second = next(batches);
            assertThatThrownBy(
                            () -> zombie.write(second.records(), new BatchWriter.Position(second.next(), new Tally())))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("another process has gone on with replay 1");
            journal.end(id, zombie.attempt(), "failed", "the zombie's");
            assertThatThrownBy(() -> transactions.executeWithoutResult(late -> journal.resume(job, plan, "third")))
                    .isInstanceOf(RefusedException.class);
            assertThat(count("true")).isEqualTo(5);
            assertThat(count("tracker.replays", "status = 'running' AND requested_by = 'zombie, resumed by successor'"))
                    .isEqualTo(1);
        }
        try (OpenFeed feed = session.get(Feeds.class).open(FEED);
                FeedLock lock = feed.lock()) {
            lock.keep();
            assertThat(count("tracker.replays", "status = 'stopped' AND failure = 'its process has gone'"))
                    .as("nobody can be running it")
                    .isEqualTo(1);
        }
    }

    @Test
    void aReplayThatLosesItsLockToAnotherEnds() throws Exception {
        Speed slow = new Speed(Rate.parse("50/s"), false, 0);
        CompletableFuture<Boolean> running =
                CompletableFuture.supplyAsync(() -> replay(OperatorSession.ALL, new Manner(slow, false, true, false)));
        await().atMost(SOON).until(() -> count("tracker.replays", "checkpoints > 0") == 1);
        // the first to ask once the holder's connection is cut
        try (Connection second = database.dataSource().getConnection();
                Statement statement = second.createStatement()) {
            CompletableFuture<Boolean> taken = CompletableFuture.supplyAsync(() ->
                    execute(statement, "SELECT pg_advisory_lock(%d, hashtext('%s'))".formatted(FeedLock.SPACE, FEED)));
            await().atMost(SOON).until(() -> count("pg_locks", "locktype = 'advisory' AND NOT granted") == 1);
            database.sql()
                    .sql(
                            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
                    .query(Boolean.class)
                    .list();
            assertThat(taken.get(60, TimeUnit.SECONDS)).isTrue();

            assertThatThrownBy(() -> running.get(60, TimeUnit.SECONDS))
                    .hasRootCauseInstanceOf(RefusedException.class)
                    .hasMessageContaining("another replay or redrive");
        }
        assertThat(session.shown()).contains("replay --resume 1");
        assertThat(count("tracker.replays", "status = 'failed'")).isEqualTo(1);
    }

    private static boolean execute(Statement statement, String sql) {
        try {
            return statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Batches.Batch next(Batches batches) {
        Batches.Batch batch;
        do {
            batch = batches.read();
        } while (batch.records().isEmpty());
        return batch;
    }

    @Test
    void aRangeBelowTheLogsStartIsRefusedUnlessTheGapIsAccepted() throws Exception {
        deleteBefore(50);
        Selection below = new Selection(null, null, List.of(), List.of(), Set.of(), Map.of(1, new Offsets(40, 60L)));

        assertThatThrownBy(() -> replay(below, OperatorSession.YES))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("deleted up to 10 records")
                .hasMessageContaining("--accept-gap");
        assertThatThrownBy(() -> replay(
                        new Selection(START.minusSeconds(1), null, List.of(), List.of(), Set.of(), Map.of()),
                        OperatorSession.YES))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("deleted up to 50 records");
        assertThat(count("tracker.replays", "true")).isZero();

        replay(below, OperatorSession.manner(false, true, true));

        assertThat(count("tracker.replay_partitions", "gap_records = 10")).isEqualTo(1);
        assertThat(session.shown()).contains("replay 1 done: 10 records");
    }

    @Test
    void itAsksAndANoIsANo() {
        Manner ask = OperatorSession.manner(false, false, false);
        assertThatThrownBy(() -> session.get(Replays.class)
                        .replay(FEED, OperatorSession.ALL, ask, null, session.operator("n\n", true), stop))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("not confirmed");
        assertThatThrownBy(() -> replay(OperatorSession.ALL, ask))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("--yes");
        assertThat(count("tracker.replays", "true")).isZero();
    }

    @Test
    void onlyOneMayRunAtATimeAndTheListTellsWhatBecameOfEach() throws Exception {
        try (FeedLock lock = FeedLock.take(database.dataSource(), FEED)) {
            lock.keep();
            assertThatThrownBy(() -> replay(OperatorSession.ALL, OperatorSession.YES))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("another replay")
                    .hasMessageContaining("by " + Requester.name() + " since 20");
        }
        StopSignal stopped = StopSignal.installed();
        stopped.stop();
        assertThat(session.get(Replays.class)
                        .replay(FEED, OperatorSession.ALL, OperatorSession.YES, "4711", session.operator(), stopped))
                .isFalse();
        stopped.close();
        assertThat(session.shown()).contains("replay --resume 1");
        session.get(Replays.class).list(5, session.operator());
        assertThat(session.shown())
                .containsPattern(
                        "1  pipeline-runs   replay   stopped  .*  601\\R +by .*\\(4711\\), offsets 0:0-200,1:0-199,2:0-199");

        session.get(Replays.class).resume(1, OperatorSession.YES, session.operator(), stop);

        session.get(Replays.class).list(5, session.operator());
        assertThat(session.shown())
                .containsPattern("1  pipeline-runs   replay   done  .* 600 +1 +0\\R +by .*, resumed by ");
        assertThatThrownBy(() -> session.get(Replays.class).resume(1, OperatorSession.YES, session.operator(), stop))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("is done");
    }

    @Test
    void aRowThatTheDatabaseRefusesIsCountedAndItsNeighboursAreCommitted() {
        database.sql().sql("DELETE FROM " + TABLE).update();
        database.sql()
                .sql("ALTER TABLE %s ADD CONSTRAINT no_7 CHECK (records_processed <> 7)".formatted(TABLE))
                .update();

        replay(OperatorSession.ALL, OperatorSession.YES);

        assertThat(session.shown()).contains("299 inserted", "refused_by_database=2");
        assertThat(count("true")).isEqualTo(RUNS - 1);
    }

    @Test
    void whileTheLiveGroupLagsItDoesABatchNowAndThenAndOtherwiseItGoesOn() throws Exception {
        Speed slow = new Speed(Rate.parse("200/s"), true, 100);
        Speed impolite = new Speed(slow.rate(), false, 100);
        // consumes, and commits nothing
        try (Consumer<byte[], byte[]> lagging = liveMember()) {
            long start = System.nanoTime();
            assertThat(replay(OperatorSession.ALL, new Manner(impolite, false, true, false)))
                    .isTrue();
            assertThat(session.shown()).doesNotContain("yielding");
            assertThat(secondsSince(start)).as("not polite").isLessThan(8);

            start = System.nanoTime();
            assertThat(replay(OperatorSession.ALL, new Manner(slow, false, true, false)))
                    .isTrue();
            assertThat(session.shown()).contains("yielding to live traffic").contains("600 unchanged");
            assertThat(secondsSince(start)).as("polite").isGreaterThan(8);

            lagging.commitSync();
            start = System.nanoTime();
            assertThat(replay(OperatorSession.ALL, new Manner(slow, false, true, false)))
                    .isTrue();
            assertThat(session.shown()).doesNotContain("yielding");
            assertThat(secondsSince(start)).as("nobody lags").isLessThan(8);
        }
    }

    @Test
    void whatRetentionDeletedWhileItWasStoppedIsRefusedAndThenPutOnRecord() throws Exception {
        StopSignal stopped = StopSignal.installed();
        stopped.stop();
        session.get(Replays.class)
                .replay(FEED, OperatorSession.ALL, OperatorSession.YES, null, session.operator(), stopped);
        stopped.close();
        deleteBefore(50);

        assertThatThrownBy(() -> session.get(Replays.class).resume(1, OperatorSession.YES, session.operator(), stop))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("deleted up to 50 records")
                .hasMessageContaining("--accept-gap");
        assertThat(count("tracker.replays", "status = 'stopped'")).isEqualTo(1);

        Manner accepting = OperatorSession.manner(false, true, true);
        assertThat(session.get(Replays.class).resume(1, accepting, session.operator(), stop))
                .isTrue();

        assertThat(session.shown()).contains("replay 1 done: 551 records");
        assertThat(count("tracker.replay_partitions", "partition = 1 AND gap_records = 50"))
                .isEqualTo(1);
    }

    @Test
    void itIsNotResumedOnATopicThatWasMadeAnew() {
        StopSignal stopped = StopSignal.installed();
        stopped.stop();
        session.get(Replays.class)
                .replay(FEED, OperatorSession.ALL, OperatorSession.YES, null, session.operator(), stopped);
        stopped.close();
        RealBroker.deleteTopics(topic);
        await().atMost(SOON).ignoreExceptions().until(() -> {
            RealBroker.createTopics(PARTITIONS, topic);
            return true;
        });

        assertThatThrownBy(() -> session.get(Replays.class).resume(1, OperatorSession.YES, session.operator(), stop))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("made again since");
    }

    @Test
    void aBatchThatMetAFaultIsNotDoneThoughAllWasRead() throws Exception {
        database.sql().sql("DELETE FROM " + TABLE).update();
        CompletableFuture<Boolean> done;
        try (Connection foreign = database.dataSource().getConnection();
                Statement statement = foreign.createStatement()) {
            foreign.setAutoCommit(false);
            statement.execute("LOCK TABLE " + TABLE);
            done = CompletableFuture.supplyAsync(() -> replay(OperatorSession.ALL, OperatorSession.YES));
            await().atMost(SOON)
                    .until(() -> database.sql()
                                    .sql(
                                            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = ? AND wait_event_type = 'Lock' AND query LIKE '%offered AS MATERIALIZED%'")
                                    .param(database.name())
                                    .query(Integer.class)
                                    .single()
                            > 0);
            foreign.rollback();
        }

        assertThat(done.get(60, TimeUnit.SECONDS)).isTrue();

        assertThat(session.shown()).contains("attempt 1 of 10", "300 inserted, 0 updated, 300 unchanged, 1 rejected");
        assertThat(count("true")).isEqualTo(RUNS);
    }

    @Test
    void everyWorkerExportsWhatReplaysDid() {
        database.sql()
                .sql("DELETE FROM %s WHERE org_id = ?".formatted(TABLE))
                .param(other)
                .update();
        replay(OperatorSession.ALL, OperatorSession.YES);
        database.sql().sql("""
                        INSERT INTO tracker.replays (feed, topic, topic_id, requested_by, status)
                        VALUES ('pipeline-runs', 't', 'i', 'somebody', 'failed'), ('pipeline-runs', 't', 'i', 'somebody', 'running')
                        """).update();
        try (RunningWorker worker = RunningWorker.start(prefix, database)) {
            await().atMost(SOON).until(() -> gauge(worker, "unfinished") == 2);
            assertThat(gauge(worker, "running")).isZero();
            try (FeedLock lock = FeedLock.take(database.dataSource(), "insights")) {
                lock.keep();
                await().alias("of a feed that was never replayed")
                        .atMost(SOON)
                        .until(() -> worker.gauge("tracker.replay.running", "feed", "insights") == 1);
            }
            assertThat(gauge(worker, "last.done.timestamp"))
                    .isBetween(
                            Instant.now().getEpochSecond() - 600.0,
                            Instant.now().getEpochSecond() + 1.0);
            assertThat(worker.get("/actuator/prometheus").body())
                    .contains(
                            "tracker_replay_records_total{feed=\"pipeline-runs\",outcome=\"inserted\"} 100.0",
                            "tracker_replay_records_total{feed=\"pipeline-runs\",outcome=\"unchanged\"} 500.0",
                            "tracker_replay_records_total{feed=\"pipeline-runs\",outcome=\"rejected\"} 1.0",
                            "tracker_replay_records_total{feed=\"insights\",outcome=\"inserted\"} 0.0");
            try (FeedLock lock = FeedLock.take(database.dataSource(), FEED)) {
                lock.keep();
                await().atMost(SOON).until(() -> gauge(worker, "running") == 1);
                assertThat(gauge(worker, "unfinished"))
                        .as("one of them may be running")
                        .isEqualTo(1);
            }
            await().atMost(SOON).until(() -> gauge(worker, "running") == 0);
        }
    }

    private static double gauge(RunningWorker worker, String name) {
        return worker.gauge("tracker.replay." + name, "feed", FEED);
    }

    private static double secondsSince(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    /** A member of the live group that has taken all partitions, from their start. */
    private Consumer<byte[], byte[]> liveMember() throws Exception {
        Map<TopicPartition, OffsetAndMetadata> start = new HashMap<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            start.put(new TopicPartition(topic, partition), new OffsetAndMetadata(0));
        }
        try (var admin = RealBroker.admin()) {
            admin.alterConsumerGroupOffsets("pipeline-tracker." + FEED, start)
                    .all()
                    .get();
        }
        Consumer<byte[], byte[]> member = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        RealBroker.bootstrapServers(),
                        ConsumerConfig.GROUP_ID_CONFIG,
                        "pipeline-tracker." + FEED,
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        member.subscribe(List.of(topic));
        int[] read = {0};
        await().atMost(SOON)
                .until(() -> (read[0] += member.poll(Duration.ofMillis(100)).count()) == 2 * RUNS + 1);
        return member;
    }

    private void deleteBefore(long offset) throws Exception {
        try (var admin = RealBroker.admin()) {
            admin.deleteRecords(Map.of(new TopicPartition(topic, 1), RecordsToDelete.beforeOffset(offset)))
                    .all()
                    .get();
        }
    }

    private boolean replay(Selection selection, Manner manner) {
        return session.get(Replays.class).replay(FEED, selection, manner, null, session.operator(), stop);
    }

    /** A row that was written anew has another place or another writer. */
    private List<String> rowVersions() {
        return database.sql()
                .sql("SELECT ctid || ' ' || xmin || ' ' || to_jsonb(t) FROM %s t ORDER BY ctid".formatted(TABLE))
                .query(String.class)
                .list();
    }

    private List<String> rows(UUID organization) {
        return database.sql()
                .sql("SELECT (to_jsonb(t) - 'id' - 'created_at')::text AS line FROM %s t WHERE org_id = ? ORDER BY line"
                        .formatted(TABLE))
                .param(organization)
                .query(String.class)
                .list();
    }

    private int count(String condition) {
        return count(TABLE, condition);
    }

    private int count(String table, String condition) {
        return database.sql()
                .sql("SELECT count(*) FROM %s WHERE %s".formatted(table, condition))
                .query(Integer.class)
                .single();
    }

    private Map<TopicPartition, OffsetAndMetadata> committed() throws Exception {
        try (var admin = RealBroker.admin()) {
            return admin.listConsumerGroupOffsets("pipeline-tracker." + FEED)
                    .partitionsToOffsetAndMetadata()
                    .get();
        }
    }
}

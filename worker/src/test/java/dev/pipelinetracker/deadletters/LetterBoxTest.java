package dev.pipelinetracker.deadletters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.engine.WorldFault;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.replay.FailedException;
import dev.pipelinetracker.replay.FeedLock;
import dev.pipelinetracker.replay.Feeds;
import dev.pipelinetracker.replay.OpenFeed;
import dev.pipelinetracker.replay.OperatorSession;
import dev.pipelinetracker.replay.RefusedException;
import dev.pipelinetracker.replay.StopSignal;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Dead letters that a live worker made, in an operator's hands. */
class LetterBoxTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String FEED = "pipeline-runs";
    private static final LetterFilter ALL = new LetterFilter(Set.of(), List.of(), null, null, Set.of());

    private final Database database = RealPostgres.freshDatabase();
    private final UUID known = database.organization("Known");
    private final UUID unknown = UUID.randomUUID();
    private final String prefix = RunningWorker.createTopics(1);
    private final String dlt = prefix + FEED + ".dlt";
    private OperatorSession session;

    @BeforeEach
    void rejectTwoLive() {
        String topic = prefix + FEED;
        RealBroker.send(
                topic,
                Events.key(unknown),
                Events.bytes(PipelineRun.class, Events.run(unknown, 1)),
                new RecordHeader("trace", "secret".getBytes(StandardCharsets.UTF_8)));
        RealBroker.send(topic, Events.key(known), "rubbish".getBytes(StandardCharsets.UTF_8));
        try (RunningWorker worker = RunningWorker.start(prefix, database)) {
            await().atMost(SOON).until(() -> worker.count("tracker.events") == 2);
        }
        session = OperatorSession.start(prefix, database, LetterBox.class);
    }

    @AfterEach
    void end() {
        session.close();
    }

    @Test
    void aLetterOfAnUnknownOrganizationBecomesARowOnceThatIsThere() {
        box().list(FEED, ALL, 10, session.operator());
        assertThat(session.shown())
                .contains(
                        "0@0 ",
                        "unknown_org  attempt 1  org " + unknown,
                        "2 open dead letters of pipeline-runs {unknown_org=1, unreadable=1}");
        database.sql()
                .sql("INSERT INTO organizations (id, name, slug) VALUES (?, 'New', 'new')")
                .param(unknown)
                .update();
        LetterFilter filter = new LetterFilter(Set.of("unknown_org"), List.of(), null, null, Set.of());

        redrive(filter, true);
        assertThat(session.shown()).contains("dry run, nothing was changed: 1 dead letters: 1 inserted");
        assertThat(rows()).isZero();

        redrive(filter, false);
        assertThat(session.shown()).contains("redrive: 1 dead letters: 1 inserted");
        assertThat(rows()).isEqualTo(1);
        assertThat(RealBroker.readAll(prefix + FEED)).as("the live topic").hasSize(2);
        assertThat(database.sql()
                        .sql("SELECT feed || ' ' || topic || ' ' || status || ' ' || inserted FROM tracker.replays")
                        .query(String.class)
                        .list())
                .as("on record, and so in the meters")
                .containsExactly("pipeline-runs " + dlt + " done 1");

        redrive(filter, false);
        assertThat(session.shown()).as("not offered twice").contains("0 open dead letters");
    }

    @Test
    void aHopelessOneGoesBackWithItsAttemptsCountedAndEndsParked() {
        LetterFilter filter = new LetterFilter(Set.of("unreadable"), List.of(), null, null, Set.of());
        for (int attempt = 2; attempt < 5; attempt++) {
            redrive(filter, false);
            List<ConsumerRecord<byte[], byte[]>> letters = RealBroker.readAll(dlt);
            ConsumerRecord<byte[], byte[]> returned = letters.get(letters.size() - 1);
            assertThat(letters).hasSize(1 + attempt);
            assertThat(header(returned, "tracker-attempt")).isEqualTo(Integer.toString(attempt));
            assertThat(header(returned, "tracker-topic")).isEqualTo(prefix + FEED);
            assertThat(header(returned, "tracker-offset")).isEqualTo("1");
            assertThat(returned.value()).asString(StandardCharsets.UTF_8).isEqualTo("rubbish");
            assertThat(returned.headers().headers("tracker-attempt")).hasSize(1);
        }

        redrive(filter, false);

        List<ConsumerRecord<byte[], byte[]>> parked = RealBroker.readAll(dlt + ".parked");
        assertThat(parked).hasSize(1);
        assertThat(header(parked.get(0), "tracker-attempt")).isEqualTo("5");
        assertThat(RealBroker.readAll(dlt)).hasSize(5);
        session.shown();
        redrive(filter, false);
        assertThat(session.shown()).contains("0 open dead letters");
    }

    @Test
    void whatIsKnownToBeHopelessIsParkedWithAReason() {
        LetterFilter filter = new LetterFilter(Set.of(), List.of(), null, null, Set.of(new Place(0, 1)));

        try (StopSignal stop = StopSignal.installed()) {
            box().park(FEED, filter, "ticket 4711", false, true, session.operator(), stop);
        }

        ConsumerRecord<byte[], byte[]> parked =
                RealBroker.readAll(dlt + ".parked").get(0);
        assertThat(header(parked, "tracker-parked-reason")).isEqualTo("ticket 4711");
        assertThat(header(parked, "tracker-reason")).isEqualTo("unreadable");
        assertThat(parked.value()).asString(StandardCharsets.UTF_8).isEqualTo("rubbish");
        box().list(FEED, ALL, 10, session.operator());
        assertThat(session.shown()).contains("1 open dead letters of pipeline-runs {unknown_org=1}");
    }

    @Test
    void whatThePublisherWroteIsShownOnlyWhenAskedFor() {
        box().show(FEED, new Place(0, 0), false, session.operator());
        assertThat(session.shown())
                .contains("can be decoded; --payload shows it", "header trace: 6 bytes")
                .doesNotContain("secret", "Orders");
        box().show(FEED, new Place(0, 0), true, session.operator());
        assertThat(session.shown()).contains("header trace: secret", "Orders 📦");
        assertThatThrownBy(() -> box().show(FEED, new Place(0, 99), false, session.operator()))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("dead-letters list");
    }

    @Test
    void afterACrashBetweenAcknowledgementAndCommitALetterIsThereTwiceAndNoneIsLost() {
        LetterFilter filter = new LetterFilter(Set.of("unreadable"), List.of(), null, null, Set.of());
        // at the commit, when the broker has acknowledged the letter already
        database.sql().sql("""
                CREATE FUNCTION tracker.crash() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE SQLSTATE ''XX000''; END';
                CREATE CONSTRAINT TRIGGER crash AFTER INSERT ON tracker.redriven DEFERRABLE INITIALLY DEFERRED
                  FOR EACH ROW EXECUTE FUNCTION tracker.crash();
                """).update();
        assertThatThrownBy(() -> redrive(filter, false))
                .isInstanceOf(FailedException.class)
                .hasMessageContaining("run the same command again");
        assertThat(RealBroker.readAll(dlt)).as("the two, and one returned").hasSize(3);
        database.sql().sql("DROP TRIGGER crash ON tracker.redriven").update();

        session.shown();
        redrive(filter, false);

        assertThat(session.shown()).contains("redrive: 2 dead letters");
        assertThat(RealBroker.readAll(dlt).stream().map(letter -> header(letter, "tracker-attempt")))
                .containsExactly("1", "1", "2", "2", "3");
    }

    @Test
    void whileTheDatabaseIsAwayARedriveWaitsAndCountsNoAttempt() throws Exception {
        database.sql()
                .sql("INSERT INTO organizations (id, name, slug) VALUES (?, 'New', 'new')")
                .param(unknown)
                .update();
        CompletableFuture<Void> redriven;
        // as strong as can be, so that the redrive's statement waits until its connection is cut
        try (Connection foreign = database.dataSource().getConnection();
                Statement statement = foreign.createStatement()) {
            foreign.setAutoCommit(false);
            statement.execute("LOCK TABLE analytics_pipeline_history");
            redriven = CompletableFuture.runAsync(() -> redrive(ALL, false));
            await().atMost(SOON).until(() -> cutOffWaiting() > 0);
            await().atMost(SOON).until(() -> session.saidSoFar().contains("waiting"));
            foreign.rollback();
        }
        redriven.get(60, TimeUnit.SECONDS);

        assertThat(session.shown()).contains("redrive: 2 dead letters: 1 inserted", "attempt 1 of 10");
        assertThat(rows()).isEqualTo(1);
        assertThat(RealBroker.readAll(dlt).stream().map(letter -> header(letter, "tracker-attempt")))
                .as("returned once")
                .containsExactly("1", "1", "2");
    }

    @Test
    void whatWasDealtWithIsForgottenOnceRetentionHasDeletedItOrTheTopicIsMadeAnew() throws Exception {
        LetterFilter rubbish = new LetterFilter(Set.of("unreadable"), List.of(), null, null, Set.of());
        redrive(ALL, false);
        assertThat(settled()).containsExactly("0@0", "0@1");
        try (var admin = RealBroker.admin()) {
            admin.deleteRecords(Map.of(new TopicPartition(dlt, 0), RecordsToDelete.beforeOffset(1)))
                    .all()
                    .get();
        }
        redrive(new LetterFilter(Set.of(), List.of(), null, null, Set.of(new Place(0, 99))), false);
        assertThat(settled()).as("also with nothing to do").containsExactly("0@1");
        redrive(rubbish, false);
        assertThat(settled()).containsExactly("0@1", "0@3");

        RealBroker.deleteTopics(dlt);
        await().atMost(SOON).ignoreExceptions().until(() -> {
            session.shown();
            box().list(FEED, ALL, 10, session.operator());
            return session.shown().contains("0 open dead letters of pipeline-runs: there is no topic");
        });
        redrive(ALL, true);
        assertThat(settled()).as("a dry run forgets nothing").containsExactly("0@1", "0@3");
        redrive(ALL, false);
        assertThat(settled()).as("also with nothing to do").isEmpty();
        await().atMost(SOON).ignoreExceptions().until(() -> {
            RealBroker.createTopics(1, dlt);
            return true;
        });
        for (int i = 0; i < 4; i++) {
            RealBroker.send(dlt, Events.key(known), "rubbish".getBytes(StandardCharsets.UTF_8));
        }
        session.shown();
        box().list(FEED, ALL, 10, session.operator());
        assertThat(session.shown()).as("other letters at the same offsets").contains("4 open dead letters");
        redrive(ALL, false);
        assertThat(settled()).containsExactly("0@0", "0@1", "0@2", "0@3");
    }

    @Test
    void whoHasLostTheLockWithoutKnowingDrivesNothingAgain() {
        try (OpenFeed feed = session.get(Feeds.class).open(FEED);
                FeedLock lock = feed.lock()) {
            OpenLetters letters = new OpenLetters(feed, session.get(DataSource.class));
            List<Letter> batch = new ArrayList<>();
            letters.forEach(ALL, session.operator(), batch::add);
            assertThat(batch).hasSize(2);
            ParkedTopic.of(dlt).prepare(feed.admin());
            Producer<byte[], byte[]> producer = producer(Map.of());

            assertThat(again(feed, letters, producer, lock).drive(batch)).hasSize(2);
            assertThat(again(feed, letters, producer, lock).drive(batch))
                    .as("left to the other")
                    .isEmpty();
            assertThat(park(letters, producer, lock).park(batch)).isZero();
            producer.close();
        }
        assertThat(RealBroker.readAll(dlt)).as("each returned once").hasSize(4);
        assertThat(RealBroker.readAll(dlt + ".parked")).isEmpty();
    }

    @Test
    void aLetterThatIsTooLargeStaysOpenAndHoldsUpNoneAndTheParkedTopicTakesWhatTheDeadLettersTake() throws Exception {
        ConfigResource deadLetters = new ConfigResource(ConfigResource.Type.TOPIC, dlt);
        ConfigResource parked = new ConfigResource(ConfigResource.Type.TOPIC, dlt + ".parked");
        try (var admin = RealBroker.admin()) {
            AlterConfigOp larger =
                    new AlterConfigOp(new ConfigEntry("max.message.bytes", "2000000"), AlterConfigOp.OpType.SET);
            AlterConfigOp longer =
                    new AlterConfigOp(new ConfigEntry("retention.ms", "7200000000"), AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(Map.of(deadLetters, List.of(larger, longer)))
                    .all()
                    .get();
        }
        RealBroker.send(dlt, Events.key(known), new byte[20_000]);
        try (OpenFeed feed = session.get(Feeds.class).open(FEED);
                FeedLock lock = feed.lock();
                Producer<byte[], byte[]> small = producer(Map.of("max.request.size", 10_000))) {
            OpenLetters letters = new OpenLetters(feed, session.get(DataSource.class));
            List<Letter> batch = new ArrayList<>();
            letters.forEach(ALL, session.operator(), batch::add);
            ParkedTopic.of(dlt).prepare(feed.admin());
            session.shown();

            assertThat(again(feed, letters, small, lock).drive(batch)).hasSize(3);
            assertThat(session.shown()).contains("1 letters stay open", "[0@2]", "max.message.bytes");
            assertThat(park(letters, small, lock).park(batch)).isZero();
            assertThat(settled()).containsExactly("0@0", "0@1");
            Config inherited = feed.admin()
                    .describeConfigs(List.of(parked))
                    .all()
                    .get()
                    .values()
                    .iterator()
                    .next();
            assertThat(inherited.get("max.message.bytes").value()).isEqualTo("2000000");
            assertThat(inherited.get("retention.ms").value()).isEqualTo("7200000000");
        }
        assertThat(RealBroker.readAll(dlt)).as("two returned").hasSize(5);
        assertThat(RealBroker.readAll(dlt + ".parked")).isEmpty();
    }

    private DriveAgain again(OpenFeed feed, OpenLetters letters, Producer<byte[], byte[]> producer, FeedLock lock) {
        return new DriveAgain(
                feed.processor(),
                letters,
                producer,
                transactions(),
                lock,
                new TooLarge(dlt, session.operator()),
                ParkedTopic.of(dlt),
                5);
    }

    private Park park(OpenLetters letters, Producer<byte[], byte[]> producer, FeedLock lock) {
        return new Park(
                letters.register(),
                producer,
                transactions(),
                lock,
                new TooLarge(dlt, session.operator()),
                ParkedTopic.of(dlt),
                "hopeless");
    }

    private TransactionTemplate transactions() {
        return new TransactionTemplate(new JdbcTransactionManager(session.get(DataSource.class)));
    }

    @Test
    void lettersThatCannotBeSentStopTheBatchAtTheFirst() {
        Letter letter = new Letter(RealBroker.readAll(dlt).get(0));
        try (Producer<byte[], byte[]> producer = producer(Map.of("max.block.ms", 1_000))) {
            Outbox outbox = new Outbox(producer);
            int[] sent = {0};

            assertThatThrownBy(() -> {
                        for (; sent[0] < 100; sent[0]++) {
                            outbox.park("no-such-topic-" + unknown, letter, "me", null);
                        }
                    })
                    .isInstanceOf(WorldFault.class);

            assertThat(sent[0]).as("sent after the first failure").isZero();

            Letter neighbour = new Letter(RealBroker.readAll(dlt).get(1));
            String target = "neighbours-" + unknown;
            RealBroker.createTopics(1, target);
            for (int attempt = 0; attempt < 2; attempt++) {
                outbox.park(target, neighbour, "me", null);
                assertThatThrownBy(() -> outbox.park("no-such-topic-" + unknown, letter, "me", null))
                        .isInstanceOf(WorldFault.class);
            }
            assertThat(outbox.flush()).isEmpty();
            assertThat(RealBroker.readAll(target))
                    .as("not again for its neighbour's sake")
                    .hasSize(1);
        }
    }

    private static Producer<byte[], byte[]> producer(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put("bootstrap.servers", RealBroker.bootstrapServers());
        return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private List<String> settled() {
        return database.sql()
                .sql("SELECT partition || '@' || \"offset\" FROM tracker.redriven ORDER BY \"offset\"")
                .query(String.class)
                .list();
    }

    /** How many of the worker's connections wait for a lock, and no longer do. */
    private int cutOffWaiting() {
        return database.sql()
                .sql(
                        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = ? AND wait_event_type = 'Lock' AND query LIKE '%offered AS MATERIALIZED%'")
                .param(database.name())
                .query(Integer.class)
                .single();
    }

    private void redrive(LetterFilter filter, boolean dry) {
        try (StopSignal stop = StopSignal.installed()) {
            assertThat(box().redrive(
                                    FEED,
                                    filter,
                                    5,
                                    dry ? OperatorSession.DRY : OperatorSession.YES,
                                    session.operator(),
                                    stop))
                    .isTrue();
        }
    }

    private LetterBox box() {
        return session.get(LetterBox.class);
    }

    private int rows() {
        return database.sql()
                .sql("SELECT count(*) FROM analytics_pipeline_history WHERE org_id = ?")
                .param(unknown)
                .query(Integer.class)
                .single();
    }

    private static String header(ConsumerRecord<byte[], byte[]> polled, String name) {
        return new String(polled.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}

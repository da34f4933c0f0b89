package dev.pipelinetracker.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.faults.MatrixRow;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Retention may delete what was not processed yet: the worker goes on at the log's start, and says what is missing. */
class OffsetsGoneTest {

    private static final String GROUP = Listening.GROUP_PREFIX + "pipeline-runs";
    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = RealPostgres.freshDatabase();
    private final UUID organization = database.organization("Offsets gone");

    @Test
    @MatrixRow(31)
    void deletedOffsetsAreCountedAndTheRestIsProcessed() throws Exception {
        String prefix = storedOne();
        for (int number = 1; number <= 10; number++) {
            publish(prefix, number);
        }
        deleteBefore(prefix, 7);
        try (RunningWorker worker = RunningWorker.start(prefix, database)) {
            await().atMost(SOON).until(() -> rows() == 5);
            await().atMost(SOON).until(() -> worker.count("tracker.offsets.gone", "feed", "pipeline-runs") == 6);
            publish(prefix, 11);
            await().atMost(SOON).until(() -> rows() == 6);
            assertThat(worker.count("tracker.offsets.gone")).isEqualTo(6);
            assertThat(gaps(prefix)).containsExactly("1..7 deleted");
        }
    }

    @Test
    @MatrixRow(31)
    void anOffsetThatKafkaForgotIsAGapOnlyIfRecordsAreGoneToo() throws Exception {
        String prefix = storedOne();
        for (int number = 1; number <= 10; number++) {
            publish(prefix, number);
        }
        forgetOffset(prefix);
        try (RunningWorker worker = RunningWorker.start(prefix, database)) {
            await().atMost(SOON).until(() -> rows() == 11);
            assertThat(worker.count("tracker.offsets.gone")).isZero();
        }
        forgetOffset(prefix);
        deleteBefore(prefix, 7);
        // hostile on purpose: what Kafka's own clients have for a default
        try (RunningWorker worker =
                RunningWorker.start(prefix, database, "spring.kafka.consumer.auto-offset-reset=latest")) {
            await().atMost(SOON).until(() -> worker.count("tracker.events", "outcome", "unchanged") == 4);
            assertThat(worker.count("tracker.offsets.gone", "feed", "pipeline-runs"))
                    .isEqualTo(7);
            assertThat(gaps(prefix)).containsExactly("0..7 no_offset");
        }
    }

    @Test
    @MatrixRow(31)
    void anOffsetBehindTheLogsEndIsAGapAndTheWholeLogIsReadAgain() throws Exception {
        String prefix = storedOne();
        publish(prefix, 1);
        try (Admin admin = RealBroker.admin()) {
            admin.alterConsumerGroupOffsets(
                            GROUP, Map.of(new TopicPartition(prefix + "pipeline-runs", 0), new OffsetAndMetadata(50)))
                    .all()
                    .get();
        }
        try (RunningWorker worker = RunningWorker.start(prefix, database)) {
            await().atMost(SOON).until(() -> rows() == 2);
            assertThat(worker.count("tracker.events", "outcome", "unchanged")).isEqualTo(1);
            assertThat(worker.count("tracker.offsets.gone", "feed", "pipeline-runs"))
                    .isEqualTo(48);
            assertThat(gaps(prefix)).containsExactly("2..50 log_shortened");
            publish(prefix, 2);
            await().atMost(SOON).until(() -> rows() == 3);
        }
    }

    @Test
    @MatrixRow(31)
    void aTopicThatIsMadeAnewUnderARunningWorkerIsReadFromItsStart() throws Exception {
        String prefix = RunningWorker.createTopics(1);
        String topic = prefix + "pipeline-runs";
        for (int number = 0; number < 10; number++) {
            publish(prefix, number);
        }
        try (RunningWorker worker = RunningWorker.start(prefix, database);
                Admin admin = RealBroker.admin()) {
            await().atMost(SOON).until(() -> rows() == 10);
            admin.deleteTopics(List.of(topic)).all().get();
            await().atMost(SOON).ignoreExceptions().until(() -> {
                admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1)))
                        .all()
                        .get();
                return true;
            });
            publish(prefix, 10);
            publish(prefix, 11);
            await().atMost(SOON).until(() -> rows() == 12);
            publish(prefix, 12);
            await().atMost(SOON).until(() -> rows() == 13);
            assertThat(worker.count("tracker.rejections")).isZero();
        }
    }

    @Test
    @MatrixRow(31)
    void aRoleThatMayNotRecordAGapGoesOnAllTheSame() throws Exception {
        String prefix = storedOne();
        publish(prefix, 1);
        publish(prefix, 2);
        deleteBefore(prefix, 2);
        database.sql().sql("DROP TABLE tracker.offset_gaps").update();
        try (RunningWorker worker = RunningWorker.start(prefix, database)) {
            await().atMost(SOON).until(() -> rows() == 2);
            assertThat(worker.count("tracker.offsets.gone")).isEqualTo(1);
        }
    }

    /** The prefix of topics of which the worker has stored and committed one event. */
    private String storedOne() {
        String prefix = RunningWorker.createTopics(1);
        publish(prefix, 0);
        try (RunningWorker worker = RunningWorker.start(prefix, database)) {
            await().atMost(SOON).until(() -> rows() == 1);
            await().atMost(SOON).until(() -> worker.gauge("tracker.lag.records", "feed", "pipeline-runs") == 0);
        }
        return prefix;
    }

    private List<String> gaps(String prefix) {
        return database.sql()
                .sql("SELECT from_offset || '..' || to_offset || ' ' || reason FROM tracker.offset_gaps"
                        + " WHERE feed = 'pipeline-runs' AND topic = ?")
                .param(prefix + "pipeline-runs")
                .query(String.class)
                .list();
    }

    private static void forgetOffset(String prefix) throws Exception {
        try (Admin admin = RealBroker.admin()) {
            admin.deleteConsumerGroupOffsets(GROUP, Set.of(new TopicPartition(prefix + "pipeline-runs", 0)))
                    .all()
                    .get();
        }
    }

    private void publish(String prefix, int number) {
        RealBroker.send(
                prefix + "pipeline-runs",
                Events.key(organization),
                Events.bytes(PipelineRun.class, Events.run(organization, number)));
    }

    private static void deleteBefore(String prefix, long offset) throws Exception {
        try (Admin admin = RealBroker.admin()) {
            admin.deleteRecords(Map.of(
                            new TopicPartition(prefix + "pipeline-runs", 0), RecordsToDelete.beforeOffset(offset)))
                    .all()
                    .get();
        }
    }

    private long rows() {
        return database.sql()
                .sql("SELECT count(*) FROM analytics_pipeline_history")
                .query(Long.class)
                .single();
    }
}

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
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Retention may delete what was not processed yet: the worker goes on at the log's start, and says what is missing. */
class OffsetsGoneTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Database database = RealPostgres.freshDatabase();
    private final UUID organization = database.organization("Offsets gone");

    @Test
    @MatrixRow(31)
    void deletedOffsetsAreCountedAndTheRestIsProcessed() throws Exception {
        String prefix = RunningWorker.createTopics(1);
        publish(prefix, 0);
        try (RunningWorker worker = RunningWorker.start(prefix, database)) {
            await().atMost(SOON).until(() -> rows() == 1);
            await().atMost(SOON).until(() -> worker.gauge("tracker.lag.records", "feed", "pipeline-runs") == 0);
        }
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

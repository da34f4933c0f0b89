package dev.pipelinetracker.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the worker makes of each SQLState, as PostgreSQL itself raises it. */
@TestInstance(Lifecycle.PER_CLASS)
class SqlStatesTest {

    private static final int BATCH = 1_000;
    private static final int LOG_OF_BATCH = 10;

    private final Stage stage = Stage.open("states");
    private WorkerProcess worker;

    @BeforeAll
    void start() {
        worker = stage.startWorker();
        stage.publish(Kind.RUNS, 1);
        stage.settle();
    }

    @AfterAll
    void stop() {
        // reads all tables and letters: once is enough
        stage.settle();
        stage.close();
    }

    @ParameterizedTest
    @CsvSource({
        "08000, database_away",
        "08003, database_away",
        "08006, database_away",
        "57P01, database_away",
        "57P02, database_away",
        "57P03, database_away",
        "58000, database_away",
        "58030, database_away",
        "40001, database_busy",
        "40P01, database_busy",
        "53000, database_busy",
        "53100, database_busy",
        "53200, database_busy",
        "53300, database_busy",
        "55P03, database_busy",
        "57014, database_slow",
        "0A000, database_busy",
        "25006, database_read_only",
        "42501, database_stopped",
        "42P01, database_stopped",
        "42703, database_stopped",
        "42P10, database_stopped",
        "28000, database_stopped",
        "28P01, database_stopped",
        "3D000, database_stopped",
        "2200H, database_stopped",
        "21000, database_stopped",
        // a check violation without a constraint's name, and states that are in no list
        "23514, database_stopped",
        "XX000, database_stopped",
        "P0001, database_stopped",
        "ZZ999, database_stopped"
    })
    @MatrixRow({11, 12, 16})
    void aStateThatIsNoRowsFaultIsWaitedForAndRejectsNothing(String state, String cause) {
        double before = worker.retries(cause);
        double retriesBefore = worker.metric("tracker_retries_total");
        double rejected = worker.metric("tracker_events_total", "outcome=\"rejected\"");
        stage.injections().raise(state, 2);

        stage.publish(Kind.RUNS, 3);

        await().atMost(Stage.LIMIT).until(() -> stage.ledger().isCommitted());
        stage.injections().stopRaising();
        assertThat(worker.retries(cause) - before).as("retries for " + cause).isEqualTo(2);
        assertThat(worker.metric("tracker_retries_total") - retriesBefore)
                .as("retries in all")
                .isEqualTo(2);
        assertThat(worker.metric("tracker_events_total", "outcome=\"rejected\""))
                .isEqualTo(rejected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"22001", "22003", "22008", "22009", "22021", "22P02", "22P05", "23502", "23514", "54000", "54001"
            })
    @MatrixRow(14)
    void oneRowThatTheDatabaseRefusesAmongAThousandIsRejectedAlone(String state) {
        long statements = stage.injections().statements();
        double batches = worker.metric("tracker_batch_records_count", "feed=\"pipeline-runs\"");
        double rejected = worker.metric("tracker_events_total", "outcome=\"rejected\"");
        int first = stage.keys(BATCH);
        for (int key = first; key < first + BATCH; key++) {
            if (key == first + 617) {
                poison(key, 0, state);
            } else {
                stage.ledger().good(Kind.RUNS, stage.organization(0), key, 0);
            }
        }

        stage.ledger().awaitCommitted(Stage.LIMIT);

        double extra = stage.injections().statements()
                - statements
                - (worker.metric("tracker_batch_records_count", "feed=\"pipeline-runs\"") - batches);
        assertThat(extra).as("statements beyond one per batch").isBetween(1.0, 2.0 * LOG_OF_BATCH + 1);
        assertThat(worker.metric("tracker_events_total", "outcome=\"rejected\"") - rejected)
                .isEqualTo(1);
    }

    @Test
    @MatrixRow(14)
    void anOrganizationThatIsDeletedMeanwhileIsUnknown() {
        // the statement sees the organization, and the foreign key does not: as if it was deleted in between
        stage.database().sql("""
                CREATE FUNCTION faults.no_such_org() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                  IF NEW.source_name = 'orphan' THEN
                    RAISE EXCEPTION 'injected' USING ERRCODE = '23503', CONSTRAINT = 'analytics_pipeline_history_org_id_fkey';
                  END IF;
                  RETURN NEW;
                END $$;
                CREATE TRIGGER no_such_org BEFORE INSERT ON analytics_pipeline_history
                  FOR EACH ROW EXECUTE FUNCTION faults.no_such_org()
                """).update();
        int key = stage.publish(Kind.RUNS, 10);
        PipelineRun orphan = (PipelineRun) Kind.RUNS.event(stage.organization(0), stage.keys(1), 0);
        orphan.setSourceName("orphan");
        stage.ledger().bad(Kind.RUNS, Wire.key(stage.organization(0)), Wire.bytes(orphan), "unknown_org");
        assertThat(key).isPositive();
        stage.settle();
    }

    @Test
    @MatrixRow(15)
    void aBatchOfNothingButRefusedRowsIsRejectedInBoundedTime() {
        long statements = stage.injections().statements();
        double rejected = worker.metric("tracker_events_total", "outcome=\"rejected\"");
        int first = stage.keys(500);
        for (int key = first; key < first + 500; key++) {
            poison(key, 0, "22003");
        }
        stage.ledger().flush();
        long since = System.nanoTime();
        stage.settle();
        assertThat(Duration.ofNanos(System.nanoTime() - since)).isLessThan(Duration.ofSeconds(30));
        assertThat(worker.metric("tracker_events_total", "outcome=\"rejected\"") - rejected)
                .isEqualTo(500);
        assertThat(stage.injections().statements() - statements)
                .as("statements: at most two per row, and at least one")
                .isBetween(500L, 1_000L);
    }

    @Test
    @MatrixRow(13)
    void theNewestOfManyInABatchWinsAndAnOlderOneAfterItChangesNothing() {
        int key = stage.keys(1);
        UUID organization = stage.organization(0);
        List<Integer> versions = new ArrayList<>();
        for (int version = 0; version < 300; version++) {
            versions.add((version * 97) % 300);
        }
        versions.forEach(version -> stage.ledger().good(Kind.RUNS, organization, key, version));
        versions.forEach(version -> stage.ledger().good(Kind.CHARTS, organization, key, version));
        versions.forEach(version -> stage.ledger().good(Kind.INSIGHTS, organization, key, version * 6));
        stage.settle();
        stage.ledger().good(Kind.RUNS, organization, key, 5);
        // a refused newest does not shadow the next newest
        poison(key, 400, "22001");
        stage.ledger().good(Kind.RUNS, organization, key, 350);
        stage.settle();
    }

    @Test
    @MatrixRow(14)
    void everyReasonIsCountedAsOften() {
        Map<String, Integer> letters = new TreeMap<>(stage.settle().deadLetters());
        letters.forEach(
                (reason, count) -> assertThat(worker.metric("tracker_rejections_total", "reason=\"" + reason + "\""))
                        .as(reason)
                        .isEqualTo((double) count));
    }

    private void poison(int key, int version, String state) {
        PipelineRun poison = (PipelineRun) Kind.RUNS.event(stage.organization(0), key, version);
        poison.setSourceName(Injections.POISON + state);
        stage.ledger().bad(Kind.RUNS, Wire.key(stage.organization(0)), Wire.bytes(poison), "refused_by_database");
    }
}

package dev.pipelinetracker.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code replay verify} of each feed, on tables that were tampered with. */
class VerifyTest {

    private static final int EACH = 10;
    private static final Speed SPEED = OperatorSession.YES.speed();

    private final Database database = RealPostgres.freshDatabase();
    private final UUID organization = database.organization("One");
    private final String prefix = RunningWorker.createTopics(2);
    private final StopSignal stop = StopSignal.installed();
    private OperatorSession session;

    @BeforeEach
    void storeTenOfEachFeed() {
        for (int i = 0; i < EACH; i++) {
            byte[] key = Events.key(organization);
            RealBroker.send(
                    prefix + "pipeline-runs", key, Events.bytes(PipelineRun.class, Events.run(organization, i)));
            RealBroker.send(
                    prefix + "insights", key, Events.bytes(SourceInsight.class, Events.insight(organization, i)));
            RealBroker.send(
                    prefix + "visualizations", key, Events.bytes(Visualization.class, Events.chart(organization, i)));
        }
        try (RunningWorker worker = RunningWorker.start(prefix, database)) {
            await().atMost(Duration.ofSeconds(60)).until(() -> worker.count("tracker.events") == 3 * EACH);
        }
        session = OperatorSession.start(prefix, database, Replays.class);
    }

    @AfterEach
    void end() {
        stop.close();
        session.close();
    }

    @Test
    void tablesThatHoldAllAreEqualToTheLastColumn() {
        for (String feed : new String[] {"pipeline-runs", "insights", "visualizations"}) {
            assertThat(verify(feed)).isTrue();
            assertThat(session.shown())
                    .contains("the tables hold it: 0 missing, 0 stale, 10 equal, 0 newer in the table; 0 events");
        }
        // the same document, written otherwise; null is equal to null
        tamper(
                "UPDATE analytics_visualizations SET chart_config = (' ' || chart_config::text)::jsonb, x_column = NULL");
        assertThat(verify("visualizations")).isTrue();
        assertThat(session.shown()).contains("10 equal");
    }

    @Test
    void aMissingRunAStaleOneANewerOneAndOneThatSomebodyChanged() {
        tamper("DELETE FROM analytics_pipeline_history WHERE records_processed = 0");
        tamper("UPDATE analytics_pipeline_history SET status = 'failed' WHERE records_processed = 1");
        tamper(
                "UPDATE analytics_pipeline_history SET \"timestamp\" = \"timestamp\" - interval '1 us' WHERE records_processed = 2");
        tamper(
                "UPDATE analytics_pipeline_history SET \"timestamp\" = \"timestamp\" + interval '1 us' WHERE records_processed = 3");
        tamper("UPDATE analytics_pipeline_history SET error_message = 'x' WHERE records_processed = 4");

        assertThat(verify("pipeline-runs")).isFalse();

        assertThat(session.shown())
                .contains("the tables lack a part: 1 missing, 2 stale, 5 equal, 2 newer", "--dry-run");
        assertThat(database.sequence("analytics_pipeline_history")).isEqualTo(EACH);
    }

    @Test
    void insightsByOriginFirst() {
        tamper("DELETE FROM analytics_source_insights WHERE records_analyzed = 0");
        tamper(
                "UPDATE analytics_source_insights SET generated_from = 'rag', generated_at = generated_at + interval '1 year' WHERE records_analyzed = 1");
        tamper(
                "UPDATE analytics_source_insights SET generated_at = generated_at + interval '1 us' WHERE records_analyzed = 2");
        tamper("UPDATE analytics_source_insights SET insights = '[]' WHERE records_analyzed = 3");
        tamper("UPDATE analytics_source_insights SET source_name = NULL WHERE records_analyzed = 4");

        assertThat(verify("insights")).isFalse();

        assertThat(session.shown()).contains("1 missing, 1 stale, 5 equal, 3 newer");
    }

    @Test
    void chartsWhoseColumnIsNullAreFoundAndTheirDocumentsCompared() {
        tamper("DELETE FROM analytics_visualizations WHERE source_id = 'source-0'");
        tamper(
                "UPDATE analytics_visualizations SET generated_at = generated_at - interval '1 us' WHERE source_id = 'source-1'");
        tamper(
                "UPDATE analytics_visualizations SET chart_config = jsonb_set(chart_config, '{data,0,y,0}', '1.51') WHERE source_id = 'source-2'");
        tamper("UPDATE analytics_visualizations SET chart_title = NULL WHERE source_id = 'source-3'");
        // another chart: the one of the event is missing
        tamper("UPDATE analytics_visualizations SET x_column = '' WHERE source_id = 'source-4'");

        assertThat(verify("visualizations")).isFalse();

        assertThat(session.shown()).contains("2 missing, 1 stale, 5 equal, 2 newer");
        assertThat(database.sequence("analytics_visualizations")).isEqualTo(EACH);
    }

    @Test
    void whatIsRejectedNowThoughItWasStoredOnceIsNotHeld() {
        // as a database that was restored from before the organization was there
        tamper("DELETE FROM analytics_source_insights");
        tamper("DELETE FROM analytics_visualizations");
        tamper("DELETE FROM analytics_pipeline_history");
        tamper("DELETE FROM organizations");

        assertThat(verify("pipeline-runs")).isFalse();
        assertThat(session.shown())
                .contains("the tables lack a part: 0 missing, 0 stale", "10 rejected {unknown_org=10}")
                .contains("no dead letter", "--accept-rejected")
                .doesNotContain("--dry-run");
        assertThat(verify("pipeline-runs", true)).isTrue();
        session.shown();

        assertThat(session.get(Replays.class)
                        .replay(
                                "pipeline-runs",
                                OperatorSession.ALL,
                                OperatorSession.YES,
                                null,
                                session.operator(),
                                stop))
                .isTrue();
        assertThat(session.shown())
                .contains("10 records were rejected {unknown_org=10} and only counted", "dead-letters list");
    }

    private boolean verify(String feed) {
        return verify(feed, false);
    }

    private boolean verify(String feed, boolean acceptRejected) {
        return session.get(Replays.class)
                .verify(feed, OperatorSession.ALL, SPEED, false, acceptRejected, session.operator(), stop);
    }

    private void tamper(String statement) {
        assertThat(database.sql().sql(statement).update()).isPositive();
    }
}

package dev.pipelinetracker.deadletters;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.replay.OperatorSession;
import dev.pipelinetracker.replay.Replays;
import dev.pipelinetracker.replay.StopSignal;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A connection that breaks between COMMIT and its answer: what was committed is neither done nor counted twice. */
class LostCommitTest {

    private static final String FEED = "pipeline-runs";

    private final Database database = RealPostgres.freshDatabase();
    private final UUID organization = database.organization("One");
    private final String prefix = RunningWorker.createTopics(1);
    private final CommitCutter cutter = new CommitCutter(
            URI.create(database.jdbcUrl().substring("jdbc:".length())).getPort());
    private final Database behindCutter = new Database(
            database.name(),
            // each COMMIT is sent as text
            "jdbc:postgresql://127.0.0.1:%d/%s?prepareThreshold=0".formatted(cutter.port(), database.name()),
            database.user(),
            database.password());

    @AfterEach
    void end() {
        cutter.close();
    }

    @Test
    void ofAReplaysBatch() {
        for (int i = 0; i < 20; i++) {
            RealBroker.send(
                    prefix + FEED,
                    Events.key(organization),
                    Events.bytes(PipelineRun.class, Events.run(organization, i)));
        }
        try (OperatorSession session = OperatorSession.start(prefix, behindCutter, Replays.class);
                StopSignal stop = StopSignal.installed()) {
            // the first is that of the audit row
            cutter.cut(2);
            assertThat(session.get(Replays.class)
                            .replay(FEED, OperatorSession.ALL, OperatorSession.YES, null, session.operator(), stop))
                    .isTrue();

            assertThat(cutter.hasCut()).isTrue();
            assertThat(session.shown())
                    .contains("attempt 1 of 10", "replay 1 done: 20 records: 20 inserted, 0 updated, 0 unchanged");
        }
        assertThat(database.sequence("analytics_pipeline_history")).isEqualTo(20);
    }

    @Test
    void ofARedrivesBatch() {
        String dlt = prefix + FEED + ".dlt";
        RealBroker.send(
                dlt,
                Events.key(organization),
                Events.bytes(PipelineRun.class, Events.run(organization, 1)),
                new RecordHeader("tracker-attempt", "1".getBytes(UTF_8)));
        RealBroker.send(dlt, Events.key(organization), "rubbish".getBytes(UTF_8));
        LetterFilter all = new LetterFilter(Set.of(), List.of(), null, null, Set.of());
        try (OperatorSession session = OperatorSession.start(prefix, behindCutter, LetterBox.class);
                StopSignal stop = StopSignal.installed()) {
            cutter.cut(1);
            assertThat(session.get(LetterBox.class)
                            .redrive(FEED, all, 5, OperatorSession.YES, session.operator(), stop))
                    .isTrue();

            assertThat(cutter.hasCut()).isTrue();
            assertThat(session.shown())
                    .contains(
                            "attempt 1 of 10", "redrive: 2 dead letters: 1 inserted, 0 updated, 0 unchanged, 1 reject");
        }
        assertThat(RealBroker.readAll(dlt)).as("returned once").hasSize(3);
    }
}

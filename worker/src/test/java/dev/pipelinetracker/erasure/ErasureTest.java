package dev.pipelinetracker.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.database.DatabaseRefusedException;
import dev.pipelinetracker.database.Migrations;
import dev.pipelinetracker.deadletters.LetterBox;
import dev.pipelinetracker.deadletters.LetterFilter;
import dev.pipelinetracker.erasure.Erasure.Request;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.replay.FailedException;
import dev.pipelinetracker.replay.Feeds;
import dev.pipelinetracker.replay.OperatorProcess;
import dev.pipelinetracker.replay.OperatorSession;
import dev.pipelinetracker.replay.RefusedException;
import dev.pipelinetracker.replay.Replays;
import dev.pipelinetracker.replay.StopSignal;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.annotation.Import;

/** By an operator who is no more than tracker_operator, under row-level security, beside another organization. */
class ErasureTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String OPERATOR =
            "erasure_" + UUID.randomUUID().toString().replace('-', '_');

    private static final Database DATABASE = RealPostgres.freshDatabase();
    private static final UUID OTHER = DATABASE.organization("Other");
    private static final String PREFIX = RunningWorker.createTopics(1);

    private static @Nullable OperatorSession session;

    @Import({Erasure.class, LetterBox.class, Replays.class})
    static class Commands {}

    @BeforeAll
    static void start() {
        // of an adopted database
        DATABASE.sql().sql("""
                        CREATE TABLE tracker.adoption_conflicts (
                            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, table_name text NOT NULL, row_data jsonb NOT NULL)
                        """).update();
        new Migrations(DATABASE.dataSource()).secure();
        DATABASE.sql()
                .sql("CREATE ROLE %1$s LOGIN PASSWORD '%1$s' IN ROLE tracker_operator".formatted(OPERATOR))
                .update();
        fill(OTHER);
        session = OperatorSession.start(
                PREFIX, new Database(DATABASE.name(), DATABASE.jdbcUrl(), OPERATOR, OPERATOR), Commands.class);
    }

    @AfterAll
    static void end() {
        session().close();
        DATABASE.sql().sql("DROP ROLE " + OPERATOR).update();
    }

    @Test
    void nothingOfItIsLeftAndNoReplayOrRedriveBringsItBack() {
        UUID gone = DATABASE.organization("Gone");
        publishEachAndABrokenOne(gone);
        publishEachAndABrokenOne(OTHER);
        try (RunningWorker worker = RunningWorker.start(PREFIX, DATABASE)) {
            await().atMost(SOON).until(() -> worker.count("tracker.events") == 8);
        }
        fill(gone);
        List<String> before = rowsOf(OTHER);
        assertThat(before).hasSize(7).doesNotContain("0");

        assertThat(erase(gone, true, false, null)).isTrue();
        assertThat(session().shown())
                .contains("would erase " + gone + ": 3 of analytics_pipeline_history, 2 of analytics_source_insights, "
                        + "2 of analytics_visualizations, 1 of analytics_data_sources, 1 of org_memberships, "
                        + "1 of organizations, 1 of adoption_conflicts; 1 dead letters");
        assertThatThrownBy(() -> erase(gone, false, false, null)).isInstanceOf(RefusedException.class);
        assertThatThrownBy(() -> erase(gone, false, false, "n\n")).isInstanceOf(RefusedException.class);
        assertThat(rowsOf(gone)).as("nothing has gone").doesNotContain("0");
        session().shown();

        assertThat(erase(gone, false, false, "y\n")).isTrue();

        assertThat(session().shown())
                .contains("done: deleted 3 of analytics_pipeline_history")
                .contains("1 dead letters will not be offered again")
                .contains(PREFIX + "pipeline-runs.dlt: 1 dead letters, each for at most 3657 d after it was written")
                .contains(PREFIX
                        + "insights: the events that it published, each for at most 3657 d after it was written");
        assertThat(rowsOf(gone)).containsOnly("0");
        assertThat(rowsOf(OTHER)).isEqualTo(before);
        assertThat(audit(gone)).containsExactly("done 11 1 ticket 4711");

        letters();
        assertThat(session().shown()).as("the other's stays").contains("1 open dead letters of pipeline-runs");
        try (StopSignal stop = StopSignal.installed()) {
            assertThat(session()
                            .get(Replays.class)
                            .replay(
                                    "pipeline-runs",
                                    OperatorSession.ALL,
                                    OperatorSession.YES,
                                    null,
                                    session().operator(),
                                    stop))
                    .isTrue();
        }
        assertThat(session().shown()).contains("unknown_org");
        assertThat(rowsOf(gone)).as("after a replay of everything").containsOnly("0");

        assertThat(erase(gone, false, true, null)).as("again").isTrue();
        assertThat(session().shown()).contains("no rows; 1 dead letters");
    }

    @Test
    void aSignalStopsItAfterAChunkAndAnotherRunGoesOn(@TempDir Path folder) {
        UUID large = DATABASE.organization("Large");
        runs(large, 7_000);
        DATABASE.sql().sql("""
                        CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$;
                        CREATE TRIGGER slow AFTER DELETE ON analytics_pipeline_history FOR EACH STATEMENT EXECUTE FUNCTION slow()
                        """).update();
        try (OperatorProcess erasure = OperatorProcess.start(
                folder,
                PREFIX,
                DATABASE,
                "tenant",
                "erase",
                "--org",
                large.toString(),
                "--reason",
                "ticket 4711",
                "--yes")) {
            await().atMost(SOON)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> runsOf(large) < 7_000 || !erasure.isAlive());
            erasure.terminate();
            assertThat(erasure.end(143)).contains("stopped: deleted ");
            assertThat(erasure.errors()).contains("To go on: run the same command again");
        }
        DATABASE.sql().sql("DROP FUNCTION slow() CASCADE").update();
        assertThat(runsOf(large) % 1_000).as("whole chunks").isZero();
        assertThat(runsOf(large)).isBetween(1_000L, 5_000L);

        assertThat(erase(large, false, true, null)).isTrue();
        assertThat(runsOf(large)).isZero();
        assertThat(audit(large)).hasSize(2).first().asString().startsWith("stopped");
        assertThat(audit(large)).last().asString().startsWith("done");
    }

    @Test
    void whileItsRowsAreBeingWrittenNoneIsLeft() throws Exception {
        UUID busy = DATABASE.organization("Busy");
        Thread writer = new Thread(() -> {
            try {
                while (true) {
                    runs(busy, 50);
                }
            } catch (org.springframework.dao.DataIntegrityViolationException e) {
                // the organization is gone: what a worker makes an unknown_org of
                return;
            }
        });
        writer.start();
        await().until(() -> runsOf(busy) > 500);

        assertThat(erase(busy, false, true, null)).isTrue();

        writer.join(SOON.toMillis());
        assertThat(writer.isAlive()).isFalse();
        assertThat(runsOf(busy)).isZero();
    }

    @Test
    void anotherTableThatRefersToItIsNamedAndOnceThatIsMendedItGoes() {
        UUID referred = DATABASE.organization("Referred");
        DATABASE.sql()
                .sql("CREATE TABLE invoices (org_id uuid REFERENCES organizations (id))")
                .update();
        DATABASE.sql().sql("INSERT INTO invoices VALUES (?)").param(referred).update();
        try {
            assertThatThrownBy(() -> erase(referred, false, true, null))
                    .isInstanceOf(FailedException.class)
                    .hasMessageContaining("public.invoices still refers to the organization");
            assertThat(audit(referred)).singleElement().asString().startsWith("failed");
        } finally {
            DATABASE.sql().sql("DROP TABLE invoices").update();
        }
        assertThat(erase(referred, false, true, null)).isTrue();
    }

    @Test
    void anOrganizationThatNobodyKnowsIsRefused() {
        assertThatThrownBy(() -> erase(UUID.randomUUID(), false, true, null))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("Check --org");
    }

    /** To it there would be nothing to delete, and the erasure would be done. */
    @Test
    void aLoginFromWhichRowLevelSecurityHidesEveryRowIsRefused() {
        String blind = "blind_" + OPERATOR;
        DATABASE.sql()
                .sql("CREATE ROLE %1$s LOGIN PASSWORD '%1$s'".formatted(blind))
                .update();
        DATABASE.sql()
                .sql("GRANT SELECT, DELETE ON ALL TABLES IN SCHEMA public TO " + blind)
                .update();
        try (OperatorSession blinded = OperatorSession.start(
                        PREFIX, new Database(DATABASE.name(), DATABASE.jdbcUrl(), blind, blind), Erasure.class);
                StopSignal stop = StopSignal.installed()) {
            assertThatThrownBy(
                            () -> blinded.get(Erasure.class).run(request(OTHER, false, true), blinded.operator(), stop))
                    .isInstanceOf(DatabaseRefusedException.class)
                    .hasMessageContaining("hides every row from the login " + blind)
                    .hasMessageContaining("GRANT tracker_worker TO " + blind);
            assertThatThrownBy(() -> blinded.get(Feeds.class).open("insights", blinded.operator()))
                    .as("replay, verify, dead-letters")
                    .isInstanceOf(DatabaseRefusedException.class)
                    .hasMessageContaining("hides every row from the login " + blind);
        } finally {
            DATABASE.sql().sql("DROP OWNED BY " + blind).update();
            DATABASE.sql().sql("DROP ROLE " + blind).update();
        }
    }

    private static OperatorSession session() {
        return java.util.Objects.requireNonNull(session);
    }

    private static boolean erase(UUID organization, boolean dryRun, boolean yes, @Nullable String answer) {
        try (StopSignal stop = StopSignal.installed()) {
            return session()
                    .get(Erasure.class)
                    .run(request(organization, dryRun, yes), session().operator(answer, false), stop);
        }
    }

    private static Request request(UUID organization, boolean dryRun, boolean yes) {
        return new Request(organization, "ticket 4711", dryRun, yes);
    }

    private static void letters() {
        LetterFilter all = new LetterFilter(Set.of(), List.of(), null, null, Set.of());
        session().get(LetterBox.class).list("pipeline-runs", all, 10, session().operator());
    }

    private static void publishEachAndABrokenOne(UUID organization) {
        byte[] key = Events.key(organization);
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        records.add(new ProducerRecord<>(
                PREFIX + "pipeline-runs", key, Events.bytes(PipelineRun.class, Events.run(organization, 1))));
        records.add(new ProducerRecord<>(PREFIX + "pipeline-runs", key, "rubbish".getBytes(StandardCharsets.UTF_8)));
        records.add(new ProducerRecord<>(
                PREFIX + "insights", key, Events.bytes(SourceInsight.class, Events.insight(organization, 1))));
        records.add(new ProducerRecord<>(
                PREFIX + "visualizations", key, Events.bytes(Visualization.class, Events.chart(organization, 1))));
        RealBroker.sendAll(records);
    }

    /** A row or two in every table: also such as are not the worker's. */
    private static void fill(UUID organization) {
        runs(organization, 2);
        for (String insert : List.of(
                "INSERT INTO users (email) VALUES (:org::text)",
                "INSERT INTO org_memberships (user_id, org_id) SELECT id, :org FROM users WHERE email = :org::text",
                "INSERT INTO analytics_data_sources (id, org_id, name, config) VALUES ('s', :org, 'S', '{}')",
                "INSERT INTO analytics_source_insights (org_id, source_id) VALUES (:org, 's')",
                "INSERT INTO analytics_visualizations (org_id, source_id, chart_type, chart_config) VALUES (:org, 's', 'bar', '{}')",
                "INSERT INTO tracker.adoption_conflicts (table_name, row_data) VALUES ('t', jsonb_build_object('org_id', :org::text))")) {
            DATABASE.sql().sql(insert).param("org", organization).update();
        }
    }

    private static void runs(UUID organization, int count) {
        DATABASE.sql().sql("""
                        INSERT INTO analytics_pipeline_history (org_id, source_id, source_name, pipeline_id, status, timestamp)
                        SELECT ?::uuid, 's', 'S', CASE WHEN n > 1 THEN gen_random_uuid() END, 'completed', now()
                        FROM generate_series(1, ?) AS n
                        """).params(organization, count).update();
    }

    private static long runsOf(UUID organization) {
        return DATABASE.sql()
                .sql("SELECT count(*) FROM analytics_pipeline_history WHERE org_id = ?")
                .param(organization)
                .query(Long.class)
                .single();
    }

    /** How many in each table that has an org_id, whatever tables there are; and in the other two. */
    private static List<String> rowsOf(UUID organization) {
        List<String> tables = DATABASE.sql().sql("""
                        SELECT format('SELECT count(*) FROM %s WHERE org_id = $1', c.oid::regclass)
                        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
                        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
                        """).query(String.class).list();
        List<String> counts = new ArrayList<>(tables.stream()
                .map(question -> question.replace("$1", ":organization"))
                .toList());
        counts.add("SELECT count(*) FROM organizations WHERE id = :organization");
        counts.add("SELECT count(*) FROM tracker.adoption_conflicts WHERE row_data ->> 'org_id' = :organization::text");
        return counts.stream()
                .map(question -> DATABASE.sql()
                        .sql(question)
                        .param("organization", organization)
                        .query(String.class)
                        .single())
                .toList();
    }

    private static List<String> audit(UUID organization) {
        return DATABASE.sql().sql("""
                        SELECT status || ' ' || (SELECT sum(value::int) FROM jsonb_each_text(deleted)) || ' ' || letters || ' ' || reason
                        FROM tracker.erasures WHERE org_id = ? AND ended_at IS NOT NULL ORDER BY id
                        """).param(organization).query(String.class).list();
    }
}

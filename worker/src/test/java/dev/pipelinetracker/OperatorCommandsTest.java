package dev.pipelinetracker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.database.Migrations;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.replay.OperatorSession;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/**
 * {@code replay} and {@code dead-letters} as command lines where there is no terminal, by a login that may do what an
 * operator must and no more, on a database with row-level security.
 */
class OperatorCommandsTest {

    private static final String FEED = "pipeline-runs";

    private final Database database = RealPostgres.freshDatabase();
    private final UUID known = database.organization("Known");
    private final UUID unknown = UUID.randomUUID();
    private final String prefix = RunningWorker.createTopics(1);
    private final String login = "operator_of_" + database.name();
    private final Database asOperator = new Database(database.name(), database.jdbcUrl(), login, login);
    private String out = "";
    private String err = "";

    @BeforeEach
    void secure() {
        new Migrations(database.dataSource()).secure();
        database.sql()
                .sql("CREATE ROLE %1$s LOGIN PASSWORD '%1$s' IN ROLE tracker_operator".formatted(login))
                .update();
    }

    /** Roles are the server's, which other tests share. */
    @AfterEach
    void dropLogin() {
        database.sql().sql("DROP ROLE " + login).update();
    }

    @Test
    void replayFromPlanToList() {
        for (int i = 0; i < 10; i++) {
            RealBroker.send(prefix + FEED, Events.key(known), Events.bytes(PipelineRun.class, Events.run(known, i)));
        }
        run(2, new Replay(), "--feed", FEED);
        assertThat(err).contains("say where to start");
        run(2, new Replay(), "--feed", FEED, "--all", "--partitions", "x");
        run(2, new Replay(), "--feed", FEED, "--from", "2026-11-02", "--to", "2026-11-01");
        assertThat(err).contains("--from must be before --to");
        for (String org : List.of("nonsense", "1-1-1-1-1")) {
            run(2, new Replay(), "--feed", FEED, "--all", "--org", org);
            assertThat(err)
                    .contains("'" + org + "' is no UUID in its 36-character form")
                    .doesNotContain("java.");
        }
        run(3, new Replay(), "--feed", FEED, "--all", "--partitions", "7", "--yes");
        assertThat(err).contains("Name partitions that it has");
        run(3, new Replay(), "--feed", FEED, "--all");
        assertThat(out).contains("at most 10 records");
        assertThat(err).contains("Add --yes to run it; --help names the option that only tells");

        run(0, new Replay(), "--feed", FEED, "--all", "--dry-run");
        assertThat(out).contains("dry run, nothing was changed: 10 records: 10 inserted");
        run(1, new Replay(), "verify", "--feed", FEED, "--all");
        assertThat(out).contains("10 missing");
        run(0, new Replay(), "--feed", FEED, "--offsets", "0:2-5", "--yes", "--reason", "ticket 4711");
        assertThat(out)
                .as("with the age of an offset")
                .containsPattern("\\R +0 +2 +6 +4 +0  20\\d\\d-")
                .contains("replay 1 done: 4 records: 4 inserted");
        run(0, new Replay(), "--feed", FEED, "--all", "--partitions", "0", "--yes");
        assertThat(out).contains("replay 2 done: 10 records: 6 inserted, 0 updated, 4 unchanged");
        run(0, new Replay(), "verify", "--feed", FEED, "--all");
        assertThat(out).contains("the tables hold it");
        run(3, new Replay(), "--resume", "2", "--yes");
        assertThat(err).contains("replay 2 is done");

        run(0, new Replay(), "list", "--output", "json");
        assertThat(out.lines().filter(line -> line.startsWith("{\"kind\":\"replay\"")))
                .hasSize(2);
        assertThat(out)
                .contains(
                        "\"reason\":\"ticket 4711\"",
                        "\"organizations\":[]",
                        "\"partitions\":[{\"partition\":0,\"first_offset\":2,\"next_offset\":6,\"end_offset\":6,\"deleted_at_most\":0}]");
    }

    @Test
    void deadLettersFromListToPark() {
        RealBroker.send(
                prefix + FEED + ".dlt",
                Events.key(unknown),
                Events.bytes(PipelineRun.class, Events.run(unknown, 1)),
                new RecordHeader("tracker-reason", "unknown_org".getBytes(UTF_8)));
        RealBroker.send(
                prefix + FEED + ".dlt",
                Events.key(known),
                "rubbish".getBytes(UTF_8),
                new RecordHeader("tracker-reason", "unreadable".getBytes(UTF_8)));

        run(2, new DeadLetterCommands(), "list", "--feed", FEED, "--reason", "weather");
        assertThat(err).contains("'weather' is no reason of a rejection: name one of invalid, key_mismatch,");
        run(2, new DeadLetterCommands(), "list", "--feed", FEED, "--from", "2026-11-02", "--to", "2026-11-01");
        assertThat(err).contains("--from must be before --to");
        run(0, new DeadLetterCommands(), "list", "--feed", FEED);
        assertThat(out).contains("2 open dead letters of pipeline-runs {unknown_org=1, unreadable=1}");
        run(0, new DeadLetterCommands(), "show", "--feed", FEED, "0@0", "--payload");
        assertThat(out).contains(unknown.toString(), "now: open");
        run(3, new DeadLetterCommands(), "redrive", "--feed", FEED);
        assertThat(err).contains("Add --yes");

        database.sql()
                .sql("INSERT INTO organizations (id, name, slug) VALUES (?, 'New', 'new')")
                .param(unknown)
                .update();
        run(0, new DeadLetterCommands(), "redrive", "--feed", FEED, "--reason", "unknown_org", "--dry-run");
        assertThat(out).contains("dry run, nothing was changed: 1 dead letters: 1 inserted");
        run(0, new DeadLetterCommands(), "redrive", "--feed", FEED, "--reason", "unknown_org", "--yes");
        assertThat(out).contains("redrive: 1 dead letters: 1 inserted");
        run(0, new DeadLetterCommands(), "redrive", "--feed", FEED, "--cap", "2", "--yes", "--output", "json");
        assertThat(out).contains("\"rejections\":{\"unreadable\":1}");
        assertThat(RealBroker.readAll(prefix + FEED + ".dlt.parked")).hasSize(1);

        RealBroker.send(prefix + FEED + ".dlt", Events.key(known), "rubbish".getBytes(UTF_8));
        run(2, new DeadLetterCommands(), "park", "--feed", FEED, "--reason", "hopeless", "--yes");
        assertThat(err).contains("say which");
        run(0, new DeadLetterCommands(), "park", "--feed", FEED, "--letter", "0@2", "--reason", "hopeless", "--yes");
        assertThat(out).contains("1 dead letters for " + prefix + FEED + ".dlt.parked: parked");
        run(0, new DeadLetterCommands(), "list", "--feed", FEED);
        assertThat(out).contains("0 open dead letters");
        run(3, new Replay(), "--resume", "1", "--yes");
        assertThat(err).contains("1 is a redrive", "run `dead-letters redrive` again");
    }

    @Test
    void aFeedThatDoesNotExistIsWrongUsageEverywhere() {
        for (List<String> words : List.of(
                List.of("list"),
                List.of("show", "0@0"),
                List.of("redrive", "--yes"),
                List.of("park", "--letter", "0@0", "--reason", "hopeless", "--yes"))) {
            refusesNonsense(new DeadLetterCommands(), words);
        }
        refusesNonsense(new Replay(), List.of("--all", "--yes"));
        refusesNonsense(new Replay(), List.of("verify", "--all"));
        run(2, new Publish(), "--feed", "nonsense");
        assertThat(err).contains("'--feed'", "must be one of [pipeline-runs, insights, visualizations]");
    }

    private void refusesNonsense(Object command, List<String> words) {
        List<String> all = new ArrayList<>(words);
        all.addAll(List.of("--feed", "nonsense", "--output", "json"));
        run(2, command, all.toArray(String[]::new));
        assertThat(err)
                .contains("Unknown feed 'nonsense': --feed must be one of insights, pipeline-runs, visualizations");
        assertThat(ended()).contains("\"status\":\"failed\"");
    }

    @Test
    void machinesAreToldTheBeginAndOneEndAlsoWhenThereIsNothingToDoOrItFails() {
        String letters = prefix + FEED + ".dlt";
        run(0, new Replay(), "list", "--output", "json");
        assertThat(ended()).contains("\"status\":\"done\"");
        run(0, new Replay(), "--feed", FEED, "--all", "--dry-run", "--output", "json");
        assertThat(ended()).contains("\"feed\":\"pipeline-runs\",\"status\":\"done\",\"dry_run\":true,\"records\":0");
        run(0, new Replay(), "--feed", FEED, "--all", "--yes", "--output", "json");
        assertThat(ended()).contains("\"replay\":1,\"feed\":\"pipeline-runs\",\"status\":\"done\",\"dry_run\":false");
        run(0, new Replay(), "verify", "--feed", FEED, "--all", "--output", "json");
        assertThat(ended()).contains("\"feed\":\"pipeline-runs\",\"status\":\"done\"", "\"holds\":true");
        run(3, new Replay(), "--feed", FEED, "--all", "--output", "json");
        assertThat(ended())
                .contains("\"feed\":\"pipeline-runs\",\"status\":\"refused\",\"message\":\"refused: not on a terminal");
        run(3, new Replay(), "--resume", "7", "--yes", "--output", "json");
        assertThat(ended()).contains("\"replay\":7,\"status\":\"refused\"");

        run(0, new DeadLetterCommands(), "list", "--feed", FEED, "--output", "json");
        assertThat(ended()).contains("\"feed\":\"pipeline-runs\",\"status\":\"done\"");
        run(3, new DeadLetterCommands(), "show", "--feed", FEED, "0@0", "--output", "json");
        assertThat(ended()).contains("\"feed\":\"pipeline-runs\",\"status\":\"refused\"");
        // with nothing to do nobody need be asked, so --yes may be missing
        run(0, new DeadLetterCommands(), "redrive", "--feed", FEED, "--output", "json");
        assertThat(out).contains("{\"kind\":\"plan\",");
        assertThat(ended()).contains("\"feed\":\"pipeline-runs\",\"status\":\"done\",\"dry_run\":false,\"records\":0");
        assertThat(database.sql()
                        .sql("SELECT count(*) FROM tracker.replays")
                        .query(Integer.class)
                        .single())
                .as("the replay, but no redrive of nothing")
                .isEqualTo(1);
        String[] park = {
            "park", "--feed", FEED, "--reason-is", "invalid", "--reason", "hopeless", "--yes", "--output", "json"
        };
        run(0, new DeadLetterCommands(), park);
        assertThat(out).contains("{\"kind\":\"plan\",");
        assertThat(ended())
                .contains("\"feed\":\"pipeline-runs\",\"status\":\"done\",\"dry_run\":false,\"topic\":\"" + letters
                        + ".parked\",\"letters\":0");
        RealBroker.deleteTopics(letters);
        run(0, new DeadLetterCommands(), park);
        assertThat(ended()).contains("\"feed\":\"pipeline-runs\",\"status\":\"done\"", "\"letters\":0");

        Database nowhere = new Database("nowhere", database.jdbcUrl() + "_nowhere", login, login);
        run(1, nowhere, new Replay(), "--feed", FEED, "--all", "--yes", "--output", "json");
        assertThat(err).contains("failed: the database: ", "does not exist").doesNotContain("\tat ");
        assertThat(ended()).contains("\"feed\":\"pipeline-runs\",\"status\":\"failed\",\"message\":\"failed: the data");
    }

    @Test
    void aSettingOfWhichNothingCanBeMadeIsWrongUsageAndNamedInALineOfItsOwn() {
        Database none = new Database("none", "localhost/etl", login, login);
        run(2, none, new Replay(), "list", "--output", "json");
        assertThat(err).isEqualTo("wrong setting: spring.datasource.*: 'url' must start with \"jdbc\"%n".formatted());
        assertThat(ended()).contains("\"status\":\"failed\",\"message\":\"wrong setting: spring.datasource.*");
    }

    /** The last of the objects that were shown, which are found to begin and to end as they must. */
    private String ended() {
        List<String> lines = out.lines().toList();
        assertThat(lines.get(0)).startsWith("{\"kind\":\"begin\",\"command\":\"");
        assertThat(lines)
                .filteredOn(line -> line.startsWith("{\"kind\":\"end\""))
                .hasSize(1);
        String last = lines.get(lines.size() - 1);
        assertThat(last).startsWith("{\"kind\":\"end\"");
        return last;
    }

    @Test
    void aLetterThatStaysOpenForItsSizeMakesTheCommandFailAndSayWhatToDo() {
        RealBroker.send(prefix + FEED + ".dlt", Events.key(known), new byte[20_000]);
        RealBroker.send(prefix + FEED + ".dlt", Events.key(known), "rubbish".getBytes(UTF_8));
        String small = "--spring.kafka.producer.properties.max.request.size=10000";

        run(1, new DeadLetterCommands(), "redrive", "--feed", FEED, "--yes", "--output", "json", small);
        assertThat(err)
                .contains("1 letters stay open, too large", "[0@0]", "Raise max.message.bytes", "max.request.size");
        assertThat(ended()).contains("\"status\":\"failed\"", "\"rejected\":2", "\"too_large\":1");
        run(1, new DeadLetterCommands(), "redrive", "--feed", FEED, "--letter", "0@0", "--yes", small);
        assertThat(out).contains("redrive: 1 dead letters:", "; 1 stay open, too large to be sent on");

        run(
                1,
                new DeadLetterCommands(),
                "park",
                "--feed",
                FEED,
                "--from",
                "2020-01-01",
                "--reason",
                "r",
                "--yes",
                small);
        assertThat(err).contains("1 letters stay open, too large", "[0@0]", "Raise max.message.bytes");
        assertThat(out).contains(": parked; 1 stay open, too large to be sent on");
        run(0, new DeadLetterCommands(), "park", "--feed", FEED, "--from", "2020-01-01", "--reason", "r", "--yes");
        assertThat(out).contains("1 dead letters for");
        assertThat(RealBroker.readAll(prefix + FEED + ".dlt.parked")).hasSize(2);
    }

    private void run(int exitCode, Object command, String... arguments) {
        run(exitCode, asOperator, command, arguments);
    }

    /** Runs it in this JVM; what it said is in {@link #out} and {@link #err}. */
    private void run(int exitCode, Database on, Object command, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(OperatorSession.properties(prefix, on));
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        PrintStream outBefore = System.out;
        PrintStream errBefore = System.err;
        System.setOut(new PrintStream(outBytes, true, UTF_8));
        System.setErr(new PrintStream(errBytes, true, UTF_8));
        int exited;
        try {
            exited = SpringProperties.accept(new CommandLine(command))
                    .setErr(new PrintWriter(System.err, true, UTF_8))
                    .setExecutionExceptionHandler(new ExplainFailure())
                    .setParameterExceptionHandler(new ExplainUsage())
                    .execute(all.toArray(String[]::new));
        } finally {
            System.setOut(outBefore);
            System.setErr(errBefore);
        }
        out = outBytes.toString(UTF_8);
        err = errBytes.toString(UTF_8);
        assertThat(exited).as(() -> out + err).isEqualTo(exitCode);
    }
}

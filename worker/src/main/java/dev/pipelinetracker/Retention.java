package dev.pipelinetracker;

import dev.pipelinetracker.Migrate.DatabaseOnly;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.Rate;
import dev.pipelinetracker.replay.RefusedException;
import dev.pipelinetracker.replay.StopSignal;
import dev.pipelinetracker.retention.Age;
import dev.pipelinetracker.retention.HistoryRetention;
import dev.pipelinetracker.retention.HistoryRetention.Request;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code retention}: deletes old history. */
@Command(
        name = "retention",
        description = {
            "Deletes finished runs from analytics_pipeline_history that are older than an age.",
            "First counts, then asks; in small transactions, beside live traffic. Runs that are still open stay, and rows without a pipeline_id, which are not the worker's.",
            "Needs the settings spring.datasource.* of a role that may DELETE there. Nothing is ever deleted unless this is run."
        },
        footer = {
            "",
            "Examples:",
            "  retention --older-than 365d --dry-run",
            "  retention --older-than 90d --org 0b6c... --yes --rate 5000/s",
            "",
            "Exit codes: 0 done, 1 failed or stopped, 2 wrong usage, 3 refused for safety."
        },
        mixinStandardHelpOptions = true)
final class Retention implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec command;

    @Mixin
    private SpringProperties properties = new SpringProperties();

    @Option(
            names = "--older-than",
            required = true,
            paramLabel = "DAYS",
            description = "By the row's timestamp: whole days, as in 365d.")
    private String olderThan = "";

    @Option(
            names = "--org",
            paramLabel = "UUID",
            split = ",",
            description = "Only of this organization; repeatable. Default: of all.")
    private List<UUID> organizations = new ArrayList<>();

    @Option(names = "--rate", paramLabel = "RATE", description = "At most so fast: 5000/s, 300/min, 1000/h.")
    private String rate = "";

    @Option(names = "--dry-run", description = "Count and show, and delete nothing.")
    private boolean dryRun;

    @Option(
            names = {"--yes", "-y"},
            description = "Do not ask. Needed where there is no terminal.")
    private boolean yes;

    @Option(names = "--output", paramLabel = "FORMAT", description = "text, or json: one object a line. Default: text")
    private OperatorCommand.Output output = OperatorCommand.Output.text;

    @Override
    public Integer call() {
        Request request = request();
        PrintStream results = System.out;
        // logs go to System.out, which is for results
        System.setOut(System.err);
        Operator operator = new Operator(
                new PrintWriter(results, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                OperatorCommand.terminal(),
                output == OperatorCommand.Output.json);
        try (StopSignal stop = StopSignal.installed();
                ConfigurableApplicationContext database = database()) {
            HistoryRetention retention = new HistoryRetention(database.getBean(DataSource.class));
            return retention.run(request, operator, stop) ? ExitCode.DONE : ExitCode.FAILED;
        } catch (RefusedException e) {
            System.err.println("refused: " + e.getMessage());
            return ExitCode.REFUSED;
        } finally {
            operator.close();
            System.setOut(results);
        }
    }

    private Request request() {
        try {
            return new Request(
                    Age.parse(olderThan).before(Instant.now()),
                    List.copyOf(organizations),
                    rate.isEmpty() ? Rate.UNLIMITED : Rate.parse(rate),
                    dryRun,
                    yes);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    Objects.requireNonNull(command).commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /** Neither Kafka nor the registry is needed, and no statement's time-out: counting a large organization takes its time. */
    private ConfigurableApplicationContext database() {
        return new SpringApplicationBuilder(DatabaseOnly.class)
                .web(WebApplicationType.NONE)
                // a signal ends the chunk in hand first: StopSignal
                .registerShutdownHook(false)
                .logStartupInfo(false)
                .profiles("migrate")
                .listeners(new RequiredSettings("spring.datasource.url"))
                .run(properties.arguments());
    }
}

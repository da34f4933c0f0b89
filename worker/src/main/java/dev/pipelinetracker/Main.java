package dev.pipelinetracker;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The command line: one jar, subcommands, {@code serve} if none is named. Exit codes are {@link ExitCode}'s. */
@Command(
        name = "pipeline-tracker",
        description = "Tracks pipelines: consumes their events from Kafka and upserts them into PostgreSQL.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {
            Serve.class,
            Migrate.class,
            Publish.class,
            Schemas.class,
            Replay.class,
            DeadLetterCommands.class,
            Retention.class,
            TenantCommands.class
        },
        exitCodeListHeading = ExitCode.HEADING,
        exitCodeList = {ExitCode.DONE_MEANS, ExitCode.FAILED_MEANS, ExitCode.WRONG_USAGE_MEANS, ExitCode.REFUSED_MEANS},
        footer = {"", "COMMAND --help tells what each needs, and has examples."},
        synopsisSubcommandLabel = "[COMMAND]")
public final class Main implements Runnable {

    @Mixin
    private SpringProperties properties = new SpringProperties();

    private Main() {}

    /** Runs the command and exits the JVM with its code; {@code serve} keeps running until it is told to stop. */
    public static void main(String... args) {
        int exitCode = SpringProperties.accept(new CommandLine(new Main()))
                .setExecutionExceptionHandler(new ExplainFailure())
                .setParameterExceptionHandler(new ExplainUsage())
                .execute(args);
        if (exitCode != ExitCode.DONE) {
            System.exit(exitCode);
        }
    }

    @Override
    public void run() {
        Serve.serve(properties);
    }
}

package dev.pipelinetracker;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code dead-letters}: what was rejected, in an operator's hands. */
@Command(
        name = "dead-letters",
        description = {
            "Lists, shows, redrives and parks what was rejected.",
            "",
            "A letter is named by its place in the dead-letter topic, as in 0@15. Redriven letters go through the engine into the tables, never back onto the live topic.",
            ""
        },
        exitCodeListHeading = ExitCode.HEADING,
        exitCodeList = {ExitCode.DONE_MEANS, ExitCode.FAILED_MEANS, ExitCode.WRONG_USAGE_MEANS, ExitCode.REFUSED_MEANS},
        footer = {
            "",
            RequiredSettings.OF_ENGINE,
            RequiredSettings.HOW_GIVEN,
            "",
            "Example:",
            "  dead-letters list --feed pipeline-runs"
        },
        subcommands = {DeadLetterList.class, DeadLetterShow.class, DeadLetterRedrive.class, DeadLetterPark.class},
        mixinStandardHelpOptions = true)
final class DeadLetterCommands implements Runnable {

    @Spec
    private @Nullable CommandSpec command;

    @Override
    public void run() {
        throw new ParameterException(
                Objects.requireNonNull(command).commandLine(), "Say which: list, show, redrive or park");
    }
}

package dev.pipelinetracker;

import dev.pipelinetracker.deadletters.LetterBox;
import dev.pipelinetracker.deadletters.LetterFilter;
import dev.pipelinetracker.replay.Manner;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dead-letters redrive}. */
@Command(
        name = "redrive",
        description = {
            "Drives open dead letters through the engine into the tables.",
            "",
            "What is rejected again goes back to the dead-letter topic with its attempts counted; at the cap it is parked in <topic>.dlt.parked.",
            ""
        },
        exitCodeList = {
            ExitCode.DONE_MEANS,
            "1:failed or stopped, or a letter stays open because it is too large, as the last lines say",
            ExitCode.WRONG_USAGE_MEANS,
            ExitCode.REFUSED_MEANS
        },
        footer = {
            "",
            RequiredSettings.OF_ENGINE,
            RequiredSettings.HOW_GIVEN,
            "",
            "Examples:",
            "  dead-letters redrive --feed pipeline-runs --reason unknown_org --dry-run",
            "  dead-letters redrive --feed pipeline-runs --reason unknown_org --yes"
        },
        mixinStandardHelpOptions = true)
final class DeadLetterRedrive extends OperatorCommand<LetterBox> {

    @Mixin
    private DeadLetterSelection which = new DeadLetterSelection();

    @Mixin
    private SpeedOptions speed = new SpeedOptions();

    @Mixin
    private ConfirmOptions confirm = new ConfirmOptions();

    @Option(names = "--cap", paramLabel = "N", description = "Attempts, the first included. Default: ${DEFAULT-VALUE}")
    private int cap = 5;

    DeadLetterRedrive() {
        super(LetterBox.class);
    }

    @Override
    Task<LetterBox> task() {
        if (cap < 2) {
            throw new IllegalArgumentException("--cap must be 2 or more: the first attempt was the live one");
        }
        LetterFilter filter = which.filter();
        Manner manner = confirm.manner(speed.speed(), false);
        return (letters, operator, stop) -> letters.redrive(which.feed(), filter, cap, manner, operator, stop);
    }
}

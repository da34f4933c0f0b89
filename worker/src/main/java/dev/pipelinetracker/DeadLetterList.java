package dev.pipelinetracker;

import dev.pipelinetracker.deadletters.LetterBox;
import dev.pipelinetracker.deadletters.LetterFilter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code dead-letters list}. */
@Command(
        name = "list",
        description = "Lists open dead letters, and counts them.",
        footer = {
            "",
            RequiredSettings.OF_ENGINE,
            RequiredSettings.HOW_GIVEN,
            "",
            "Example:",
            "  dead-letters list --feed pipeline-runs --reason unknown_org"
        },
        mixinStandardHelpOptions = true)
final class DeadLetterList extends OperatorCommand<LetterBox> {

    @Mixin
    private DeadLetterSelection which = new DeadLetterSelection();

    @Mixin
    private LimitOption limit = new LimitOption();

    DeadLetterList() {
        super(LetterBox.class);
    }

    @Override
    Task<LetterBox> task() {
        LetterFilter filter = which.filter();
        int most = limit.most();
        return (letters, operator, stop) -> {
            letters.list(which.feed(), filter, most, operator);
            return true;
        };
    }
}

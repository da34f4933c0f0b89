package dev.pipelinetracker;

import dev.pipelinetracker.deadletters.LetterBox;
import dev.pipelinetracker.deadletters.LetterFilter;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dead-letters park}. */
@Command(
        name = "park",
        description = "Moves hopeless dead letters to <topic>.dlt.parked, where nothing offers them again.",
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
            "Example:",
            "  dead-letters park --feed pipeline-runs --letter 0@15 --reason 'schema of a test'"
        },
        mixinStandardHelpOptions = true)
final class DeadLetterPark extends OperatorCommand<LetterBox> {

    @Mixin
    private FeedOption feed = new FeedOption();

    @Mixin
    private DeadLetterFilter which = new DeadLetterFilter();

    @Mixin
    private ConfirmOptions confirm = new ConfirmOptions();

    @Option(names = "--reason", paramLabel = "TEXT", required = true, description = "Why they are hopeless.")
    private String reason = "";

    DeadLetterPark() {
        super(LetterBox.class);
    }

    @Override
    Task<LetterBox> task() {
        LetterFilter filter = which.filter(Set.of());
        if (filter.isEmpty()) {
            throw new IllegalArgumentException("say which: --letter, --reason-is, --org, --from or --to");
        }
        return (letters, operator, stop) ->
                letters.park(feed.name(), filter, reason, confirm.dryRun(), confirm.yes(), operator, stop);
    }
}

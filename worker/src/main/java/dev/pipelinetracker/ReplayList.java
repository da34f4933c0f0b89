package dev.pipelinetracker;

import dev.pipelinetracker.replay.Replays;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code replay list}: the audit. */
@Command(
        name = "list",
        description = "Shows the newest replays: who, when, why, counts, how they ended.",
        footer = {"", RequiredSettings.OF_ENGINE, RequiredSettings.HOW_GIVEN, "", "Example:", "  replay list --limit 5"
        },
        mixinStandardHelpOptions = true)
final class ReplayList extends OperatorCommand<Replays> {

    @Mixin
    private LimitOption limit = new LimitOption();

    ReplayList() {
        super(Replays.class);
    }

    @Override
    Task<Replays> task() {
        int most = limit.most();
        return (replays, operator, stop) -> {
            replays.list(most, operator);
            return true;
        };
    }
}

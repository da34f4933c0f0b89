package dev.pipelinetracker;

import dev.pipelinetracker.replay.Replays;
import dev.pipelinetracker.replay.Selection;
import dev.pipelinetracker.replay.Speed;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code replay verify}: whether the tables hold what a topic holds. */
@Command(
        name = "verify",
        description = {
            "Tells whether the tables hold what a topic holds.",
            "",
            "Reads a range and counts rows: missing, stale (older than the event), equal, newer. Writes nothing.",
            ""
        },
        exitCodeList = {
            "0:the tables hold it: nothing is missing, stale or rejected",
            "1:they lack a part, or it failed or was stopped, as the last lines say",
            ExitCode.WRONG_USAGE_MEANS,
            ExitCode.REFUSED_MEANS
        },
        footer = {
            "",
            RequiredSettings.OF_ENGINE,
            RequiredSettings.HOW_GIVEN,
            "",
            "Example:",
            "  replay verify --feed pipeline-runs --from 2026-11-01"
        },
        mixinStandardHelpOptions = true)
final class ReplayVerify extends OperatorCommand<Replays> {

    @Mixin
    private FeedOption feed = new FeedOption();

    @Mixin
    private SelectionOptions what = new SelectionOptions();

    @Mixin
    private SpeedOptions speed = new SpeedOptions();

    @Mixin
    private GapOption gap = new GapOption();

    @Option(
            names = "--accept-rejected",
            description =
                    "Records that the database rejects (unknown_org, refused_by_database), and so have no row, do not count: their dead letters are enough.")
    private boolean acceptRejected;

    ReplayVerify() {
        super(Replays.class);
    }

    @Override
    Task<Replays> task() {
        Selection selection = what.selection();
        Speed atMost = speed.speed();
        return (replays, operator, stop) ->
                replays.verify(feed.name(), selection, atMost, gap.isAccepted(), acceptRejected, operator, stop);
    }
}

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
            "Reads a range and counts rows: missing, stale (older than the event), equal, newer. Writes nothing. Exit code 0 only if nothing is missing, stale or rejected, else 1.",
            ""
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

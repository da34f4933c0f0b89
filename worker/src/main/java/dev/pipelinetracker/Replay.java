package dev.pipelinetracker;

import dev.pipelinetracker.replay.Manner;
import dev.pipelinetracker.replay.Replays;
import dev.pipelinetracker.replay.Selection;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code replay}: reads a topic again, through the same engine, beside live traffic. */
@Command(
        name = "replay",
        description = {
            "Reads a feed's topic again and stores what the tables lack.",
            "",
            "Rows that are up to date are not touched; the live consumers are not stopped. First shows what it will read, then asks.",
            ""
        },
        footer = {
            "",
            RequiredSettings.OF_ENGINE,
            RequiredSettings.HOW_GIVEN,
            "",
            "Examples:",
            "  replay --feed pipeline-runs --from 2026-11-01T00:00Z --dry-run",
            "  replay --feed insights --all --org 0b6c... --yes --reason 'ticket 4711'",
            "  replay --resume 12 --yes"
        },
        subcommands = {ReplayList.class, ReplayVerify.class},
        mixinStandardHelpOptions = true)
final class Replay extends OperatorCommand<Replays> {

    @Option(names = "--feed", paramLabel = "FEED", description = "pipeline-runs, insights or visualizations.")
    private @Nullable String feed;

    @Mixin
    private SelectionOptions what = new SelectionOptions();

    @Mixin
    private SpeedOptions speed = new SpeedOptions();

    @Mixin
    private ConfirmOptions confirm = new ConfirmOptions();

    @Mixin
    private GapOption gap = new GapOption();

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the audit row in tracker.replays.")
    private @Nullable String reason;

    @Option(
            names = "--resume",
            paramLabel = "ID",
            description = "Go on with an interrupted replay, with its own ranges and filters.")
    private @Nullable Long resume;

    Replay() {
        super(Replays.class);
    }

    @Override
    Task<Replays> task() {
        Manner manner = confirm.manner(speed.speed(), gap.isAccepted());
        String name = feed;
        Long id = resume;
        if (id != null) {
            if (name != null || reason != null || what.isGiven() || manner.dryRun()) {
                throw new IllegalArgumentException(
                        "--resume has its own feed, ranges, filters and reason: leave the others out");
            }
            return (replays, operator, stop) -> replays.resume(id, manner, operator, stop);
        }
        if (name == null) {
            throw new IllegalArgumentException("Missing --feed FEED, or --resume ID");
        }
        Selection selection = what.selection();
        return (replays, operator, stop) -> replays.replay(name, selection, manner, reason, operator, stop);
    }
}

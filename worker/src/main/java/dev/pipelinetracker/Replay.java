package dev.pipelinetracker;

import dev.pipelinetracker.replay.Manner;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.Replays;
import dev.pipelinetracker.replay.Selection;
import dev.pipelinetracker.replay.StopSignal;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code replay}: reads a topic again, through the same engine, beside live traffic. */
@Command(
        name = "replay",
        description = {
            "Reads a feed's topic again and stores what the tables lack. Rows that are up to date are not touched; the live",
            "consumers are neither stopped nor noticed. First shows what it will read, then asks.",
            "Configured like serve: spring.kafka.*, spring.datasource.*, tracker.registry.url."
        },
        footer = {
            "",
            "Examples:",
            "  replay --feed pipeline-runs --from 2026-11-01T00:00Z --dry-run",
            "  replay --feed insights --all --org 0b6c... --yes --reason 'ticket 4711'",
            "  replay --resume 12 --yes",
            "",
            "Exit codes: 0 done, 1 failed or stopped, 2 wrong usage, 3 refused for safety."
        },
        subcommands = {ReplayList.class, ReplayVerify.class},
        mixinStandardHelpOptions = true)
final class Replay extends OperatorCommand {

    @Option(names = "--feed", paramLabel = "FEED", description = "pipeline-runs, insights or visualizations.")
    private @Nullable String feed;

    @Mixin
    private SelectionOptions what = new SelectionOptions();

    @Mixin
    private MannerOptions how = new MannerOptions();

    @Option(
            names = "--accept-gap",
            description = "Go on although retention has deleted a part of the range; the gap is put on record.")
    private boolean acceptGap;

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the audit row in tracker.replays.")
    private @Nullable String reason;

    @Option(
            names = "--resume",
            paramLabel = "ID",
            description = "Go on with an interrupted replay, with its own ranges and filters.")
    private @Nullable Long resume;

    private @Nullable Selection selection;
    private @Nullable Manner manner;

    @Override
    void check() {
        try {
            manner = how.manner(acceptGap);
            if (resume == null) {
                if (feed == null) {
                    throw wrong("Missing --feed FEED, or --resume ID");
                }
                selection = what.selection();
            } else if (feed != null || what.isGiven() || manner.dryRun()) {
                throw wrong("--resume has its own feed, ranges and filters: leave the others out");
            }
        } catch (IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage()));
        }
    }

    @Override
    Class<?> needs() {
        return Replays.class;
    }

    @Override
    boolean run(ConfigurableApplicationContext worker, Operator operator, StopSignal stop) {
        Replays replays = worker.getBean(Replays.class);
        Manner chosen = Objects.requireNonNull(manner);
        if (resume != null) {
            return replays.resume(resume, chosen, operator, stop);
        }
        return replays.replay(
                Objects.requireNonNull(feed), Objects.requireNonNull(selection), chosen, reason, operator, stop);
    }
}

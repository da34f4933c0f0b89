package dev.pipelinetracker;

import dev.pipelinetracker.replay.Manner;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.Rate;
import dev.pipelinetracker.replay.Replays;
import dev.pipelinetracker.replay.Selection;
import dev.pipelinetracker.replay.StopSignal;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code replay verify}: whether the tables hold what a topic holds. */
@Command(
        name = "verify",
        description = {
            "Reads a range and says whether the tables hold it. Counts rows: missing, stale (older than the event), equal,",
            "newer. Writes nothing. Exit code 0 only if nothing is missing or stale, else 1."
        },
        mixinStandardHelpOptions = true)
final class ReplayVerify extends OperatorCommand {

    @Option(
            names = "--feed",
            paramLabel = "FEED",
            required = true,
            description = "pipeline-runs, insights or visualizations.")
    private String feed = "";

    @Mixin
    private SelectionOptions what = new SelectionOptions();

    @Option(names = "--rate", paramLabel = "RATE", description = "At most so fast: 5000/s, 300/min, 1000/h.")
    private String rate = "";

    @Option(names = "--accept-gap", description = "Go on although retention has deleted a part of the range.")
    private boolean acceptGap;

    private @Nullable Selection selection;
    private @Nullable Manner manner;

    @Override
    void check() {
        try {
            selection = what.selection();
            manner = new Manner(
                    rate.isEmpty() ? Rate.UNLIMITED : Rate.parse(rate),
                    true,
                    MannerOptions.LAG_BOUND,
                    true,
                    true,
                    acceptGap);
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
        return worker.getBean(Replays.class)
                .verify(feed, Objects.requireNonNull(selection), Objects.requireNonNull(manner), operator, stop);
    }
}

package dev.pipelinetracker;

import dev.pipelinetracker.replay.Manner;
import dev.pipelinetracker.replay.Rate;
import picocli.CommandLine.Option;

/** Options of the commands that write beside live traffic. */
final class MannerOptions {

    static final long LAG_BOUND = 2_000;

    @Option(names = "--rate", paramLabel = "RATE", description = "At most so fast: 5000/s, 300/min, 1000/h.")
    private String rate = "";

    @Option(
            names = "--yield-to-live",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Slow down while the live feed lags. Default: on.")
    private boolean yieldToLive = true;

    @Option(
            names = "--live-lag",
            paramLabel = "RECORDS",
            description = "The live feed's lag beyond which to yield. Default: ${DEFAULT-VALUE}")
    private long lagBound = LAG_BOUND;

    @Option(names = "--dry-run", description = "Tell what would happen, in transactions that are rolled back.")
    private boolean dryRun;

    @Option(
            names = {"--yes", "-y"},
            description = "Do not ask. Needed where there is no terminal.")
    private boolean yes;

    /** Throws IllegalArgumentException for a rate that is none. */
    Manner manner(boolean acceptGap) {
        return new Manner(
                rate.isEmpty() ? Rate.UNLIMITED : Rate.parse(rate), yieldToLive, lagBound, dryRun, yes, acceptGap);
    }
}

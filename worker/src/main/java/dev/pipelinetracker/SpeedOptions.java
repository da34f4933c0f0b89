package dev.pipelinetracker;

import dev.pipelinetracker.replay.Rate;
import dev.pipelinetracker.replay.Speed;
import picocli.CommandLine.Option;

/** Options of the commands that work beside live traffic. */
final class SpeedOptions {

    @Option(names = "--rate", paramLabel = "RATE", description = "At most so fast: 5000/s, 300/min, 1000/h.")
    private String rate = "";

    @Option(
            names = "--yield-to-live",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description =
                    "Make way for live traffic: rest as long as it works, and pause while the live feed lags. Default: on.")
    private boolean yieldToLive = true;

    @Option(
            names = "--live-lag",
            paramLabel = "RECORDS",
            description = "The live feed's lag beyond which to pause. Default: ${DEFAULT-VALUE}")
    private long lagBound = 2_000;

    /** Throws IllegalArgumentException for a rate or a lag that is none. */
    Speed speed() {
        if (lagBound < 0) {
            throw new IllegalArgumentException("--live-lag must be 0 or more");
        }
        return new Speed(rate.isEmpty() ? Rate.UNLIMITED : Rate.parse(rate), yieldToLive, lagBound);
    }
}

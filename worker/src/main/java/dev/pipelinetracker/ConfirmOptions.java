package dev.pipelinetracker;

import dev.pipelinetracker.replay.Manner;
import dev.pipelinetracker.replay.Speed;
import picocli.CommandLine.Option;

/** Options of the commands that change something. */
final class ConfirmOptions {

    @Option(names = "--dry-run", description = "Tell what would happen, and change nothing.")
    private boolean dryRun;

    @Option(
            names = {"--yes", "-y"},
            description = "Do not ask. Needed where there is no terminal.")
    private boolean yes;

    boolean dryRun() {
        return dryRun;
    }

    boolean yes() {
        return yes;
    }

    Manner manner(Speed speed, boolean acceptGap) {
        return new Manner(speed, dryRun, yes, acceptGap);
    }
}

package dev.pipelinetracker;

import picocli.CommandLine.Option;

/** Whether to go on without what retention has deleted. */
final class GapOption {

    @Option(
            names = "--accept-gap",
            description = "Go on although retention has deleted a part of the range; a replay puts the gap on record.")
    private boolean accepted;

    boolean isAccepted() {
        return accepted;
    }
}

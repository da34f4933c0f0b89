package dev.pipelinetracker;

import picocli.CommandLine.Option;

/** How long a list may be. */
final class LimitOption {

    @Option(names = "--limit", paramLabel = "N", description = "Lines at most. Default: ${DEFAULT-VALUE}")
    private int most = 50;

    /** Throws IllegalArgumentException if it is below 1. */
    int most() {
        if (most < 1) {
            throw new IllegalArgumentException("--limit must be 1 or more");
        }
        return most;
    }
}

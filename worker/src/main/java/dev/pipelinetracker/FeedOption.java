package dev.pipelinetracker;

import picocli.CommandLine.Option;

/** Which feed. */
final class FeedOption {

    @Option(
            names = "--feed",
            paramLabel = "FEED",
            required = true,
            description = "pipeline-runs, insights or visualizations.")
    private String name = "";

    String name() {
        return name;
    }
}

package dev.pipelinetracker;

import java.util.LinkedHashSet;
import java.util.Set;
import picocli.CommandLine.Option;

/** {@code --reason}, where that cannot be mistaken for the operator's own. */
final class DeadLetterReason {

    @Option(names = "--reason", paramLabel = "REASON", split = ",", description = "The same as --reason-is.")
    private Set<String> reasons = new LinkedHashSet<>();

    Set<String> reasons() {
        return reasons;
    }
}

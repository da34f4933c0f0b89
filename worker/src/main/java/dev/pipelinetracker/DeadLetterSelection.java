package dev.pipelinetracker;

import dev.pipelinetracker.deadletters.LetterFilter;
import java.util.LinkedHashSet;
import java.util.Set;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which letters of which feed, where {@code --reason} cannot be mistaken for the operator's own. */
final class DeadLetterSelection {

    @Mixin
    private FeedOption feed = new FeedOption();

    @Option(names = "--reason", paramLabel = "REASON", split = ",", description = "The same as --reason-is.")
    private Set<String> reasons = new LinkedHashSet<>();

    @Mixin
    private DeadLetterFilter which = new DeadLetterFilter();

    String feed() {
        return feed.name();
    }

    /** Throws IllegalArgumentException with a sentence for what makes no sense. */
    LetterFilter filter() {
        return which.filter(reasons);
    }
}

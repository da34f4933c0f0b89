package dev.pipelinetracker;

import dev.pipelinetracker.deadletters.LetterFilter;
import dev.pipelinetracker.deadletters.Place;
import dev.pipelinetracker.engine.Outcome.Reason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which letters. */
final class DeadLetterFilter {

    @Option(
            names = "--reason-is",
            paramLabel = "REASON",
            split = ",",
            description = "unreadable, key_mismatch, invalid, unknown_org or refused_by_database; repeatable.")
    private Set<String> reasons = new LinkedHashSet<>();

    @Option(names = "--org", paramLabel = "UUID", split = ",", description = "Only of this organization; repeatable.")
    private List<UUID> organizations = new ArrayList<>();

    @Option(names = "--from", paramLabel = "TIME", description = "Rejected at this time or later (UTC).")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "TIME", description = "Rejected before this time.")
    private @Nullable String to;

    @Option(
            names = "--letter",
            paramLabel = "PARTITION@OFFSET",
            split = ",",
            description = "Only this letter, such as 0@15; repeatable.")
    private Set<String> places = new LinkedHashSet<>();

    /** Throws IllegalArgumentException with a sentence for what makes no sense. */
    LetterFilter filter(Set<String> moreReasons) {
        Set<String> allReasons = new LinkedHashSet<>(reasons);
        allReasons.addAll(moreReasons);
        Set<String> known =
                Arrays.stream(Reason.values()).map(Reason::label).collect(Collectors.toCollection(TreeSet::new));
        for (String reason : allReasons) {
            if (!known.contains(reason)) {
                throw new IllegalArgumentException(
                        "'%s' is no reason of a rejection: name one of %s".formatted(reason, String.join(", ", known)));
            }
        }
        Instant start = SelectionOptions.time("--from", from);
        Instant end = SelectionOptions.time("--to", to);
        SelectionOptions.requireOrder(start, end);
        return new LetterFilter(
                allReasons,
                organizations,
                start,
                end,
                places.stream().map(Place::parse).collect(Collectors.toSet()));
    }
}

package dev.pipelinetracker.deadletters;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which letters are meant.
 *
 * @param reasons as in {@code tracker-reason}; none for all
 * @param organizations by key; none for all
 * @param from letters of this time or later: when they became dead letters
 * @param to letters before this time
 * @param places just these; none for all
 */
public record LetterFilter(
        Set<String> reasons,
        List<UUID> organizations,
        @Nullable Instant from,
        @Nullable Instant to,
        Set<Place> places) {

    /** Copies. */
    public LetterFilter {
        reasons = Set.copyOf(reasons);
        organizations = List.copyOf(organizations);
        places = Set.copyOf(places);
    }

    /** Whether it names anything. */
    public boolean isEmpty() {
        return reasons.isEmpty() && organizations.isEmpty() && from == null && to == null && places.isEmpty();
    }

    boolean accepts(Letter letter) {
        return (reasons.isEmpty() || reasons.contains(letter.reason()))
                && (organizations.isEmpty()
                        || letter.organization().filter(organizations::contains).isPresent())
                && (from == null || !letter.since().isBefore(from))
                && (to == null || letter.since().isBefore(to))
                && (places.isEmpty() || places.contains(letter.place()));
    }
}

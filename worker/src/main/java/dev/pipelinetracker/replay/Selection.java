package dev.pipelinetracker.replay;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What an operator wants read.
 *
 * @param from records of this time or later, by the record's timestamp; null for all
 * @param to records before this time; null for all
 * @param organizations none for all
 * @param sources none for all
 * @param partitions none for all
 * @param offsets by partition; if there are any, nothing else is read, and neither {@code from} nor {@code to} is set
 */
public record Selection(
        @Nullable Instant from,
        @Nullable Instant to,
        List<UUID> organizations,
        List<String> sources,
        Set<Integer> partitions,
        Map<Integer, Offsets> offsets) {

    /**
     * A range within a partition.
     *
     * @param first included
     * @param end excluded; null for the log's end
     */
    public record Offsets(long first, @Nullable Long end) {}

    /** Copies. */
    public Selection {
        organizations = List.copyOf(organizations);
        sources = List.copyOf(sources);
        partitions = Set.copyOf(partitions);
        offsets = Map.copyOf(offsets);
    }

    /** All that a topic holds. */
    public static Selection all() {
        return new Selection(null, null, List.of(), List.of(), Set.of(), Map.of());
    }

    /** What leaves records out one by one, for machines. */
    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("from", from == null ? null : from.toString());
        map.put("to", to == null ? null : to.toString());
        map.put("organizations", organizations);
        map.put("sources", sources);
        return map;
    }

    /** What leaves records out one by one, to be put behind a number of records; empty if nothing does. */
    @Override
    public String toString() {
        return (from == null ? "" : ", from " + from)
                + (to == null ? "" : ", before " + to)
                + (organizations.isEmpty() ? "" : ", of organizations " + organizations)
                + (sources.isEmpty() ? "" : ", of sources " + sources);
    }
}

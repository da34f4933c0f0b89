package dev.pipelinetracker;

import dev.pipelinetracker.replay.Selection;
import dev.pipelinetracker.replay.Selection.Offsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which records of a topic. */
final class SelectionOptions {

    private static final Pattern OFFSETS = Pattern.compile("(\\d{1,9}):(\\d{1,18})-(\\d{1,18})?");

    @Option(
            names = "--from",
            paramLabel = "TIME",
            description = "Records of this time or later, such as 2026-11-01T00:00Z or 2026-11-01 (UTC).")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "TIME", description = "Records before this time.")
    private @Nullable String to;

    @Option(names = "--all", description = "All records that the topic still holds.")
    private boolean all;

    @Option(
            names = "--offsets",
            paramLabel = "P:FIRST-LAST",
            split = ",",
            description = "Instead of a time: these offsets, the last included; P:FIRST- to the end.")
    private List<String> offsets = new ArrayList<>();

    @Option(names = "--org", paramLabel = "UUID", split = ",", description = "Only this organization; repeatable.")
    private List<UUID> organizations = new ArrayList<>();

    @Option(names = "--source", paramLabel = "ID", description = "Only this source_id; repeatable.")
    private List<String> sources = new ArrayList<>();

    @Option(names = "--partitions", paramLabel = "P", split = ",", description = "Only these partitions.")
    private Set<Integer> partitions = new LinkedHashSet<>();

    /** Whether any of these was given. */
    boolean isGiven() {
        return from != null || to != null || all || !offsets.isEmpty() || isFiltered();
    }

    private boolean isFiltered() {
        return !organizations.isEmpty() || !sources.isEmpty() || !partitions.isEmpty();
    }

    /** Throws IllegalArgumentException with a sentence for what makes no sense. */
    Selection selection() {
        int starts = (from != null ? 1 : 0) + (all ? 1 : 0) + (offsets.isEmpty() ? 0 : 1);
        if (starts != 1) {
            throw new IllegalArgumentException(
                    "say where to start, with one of --from TIME, --offsets P:FIRST-LAST, --all");
        }
        if (!offsets.isEmpty() && (to != null || !partitions.isEmpty())) {
            throw new IllegalArgumentException(
                    "--offsets names partitions and ends itself: leave --to and --partitions out");
        }
        Instant start = time("--from", from);
        Instant end = time("--to", to);
        requireOrder(start, end);
        return new Selection(start, end, organizations, sources, partitions, ranges());
    }

    /** Throws IllegalArgumentException if nothing lies between. */
    static void requireOrder(@Nullable Instant from, @Nullable Instant to) {
        if (from != null && to != null && !from.isBefore(to)) {
            throw new IllegalArgumentException("--from must be before --to");
        }
    }

    /** Reads a time with an offset, or a UTC date; throws IllegalArgumentException otherwise. */
    static @Nullable Instant time(String option, @Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            return text.length() == 10
                    ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                    : OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(
                    "%s '%s' is no time: write 2026-11-01T00:00Z, with an offset, or 2026-11-01 (UTC)"
                            .formatted(option, text),
                    e);
        }
    }

    private Map<Integer, Offsets> ranges() {
        Map<Integer, Offsets> ranges = new LinkedHashMap<>();
        for (String text : offsets) {
            Matcher form = OFFSETS.matcher(text.trim());
            if (!form.matches()) {
                throw new IllegalArgumentException(
                        "--offsets '%s' is no range: write 0:100-199, or 0:100- to the end".formatted(text));
            }
            long first = Long.parseLong(form.group(2));
            Long last = form.group(3) == null ? null : Long.valueOf(form.group(3));
            if (last != null && last < first) {
                throw new IllegalArgumentException("--offsets '%s' ends before it starts".formatted(text));
            }
            if (ranges.put(Integer.valueOf(form.group(1)), new Offsets(first, last == null ? null : last + 1))
                    != null) {
                throw new IllegalArgumentException("--offsets names partition %s twice".formatted(form.group(1)));
            }
        }
        return ranges;
    }
}

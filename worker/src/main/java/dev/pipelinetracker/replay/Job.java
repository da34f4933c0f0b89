package dev.pipelinetracker.replay;

import static java.time.temporal.ChronoUnit.SECONDS;

import dev.pipelinetracker.engine.DeadLetters;
import dev.pipelinetracker.engine.Outcome.Stored;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A replay as {@code tracker.replays} knows it.
 *
 * @param id what {@code --resume} takes
 * @param plan with each range's checkpoint
 * @param attempt how often it was resumed: whoever runs it writes only as long as that is so
 * @param checkpoints batches committed so far
 * @param tally counts so far
 * @param status as stored, but {@code interrupted} if it is not ended and nobody runs it
 */
record Job(
        long id,
        Plan plan,
        int attempt,
        long checkpoints,
        Tally tally,
        String status,
        String requestedBy,
        @Nullable String reason,
        Instant startedAt,
        @Nullable Instant endedAt,
        @Nullable String failure) {

    static final String HEADINGS = "%5s  %-14s  %-7s  %-11s  %-20s  %-20s  %11s  %11s  %11s  %11s  %9s  %11s"
            .formatted(
                    "id",
                    "feed",
                    "kind",
                    "status",
                    "started",
                    "ended",
                    "records",
                    "inserted",
                    "updated",
                    "unchanged",
                    "rejected",
                    "left");

    /** Whether it was one of dead letters, which stands here for the record only. */
    boolean isRedrive() {
        return plan.topic().endsWith(DeadLetters.TOPIC_SUFFIX);
    }

    /** For machines. */
    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("id", id);
        map.put("feed", plan.feed());
        map.put("topic", plan.topic());
        map.put("type", kind());
        map.put("status", status);
        map.put("started", startedAt.toString());
        map.put("ended", endedAt == null ? null : endedAt.toString());
        map.put("by", requestedBy);
        map.put("resumed", attempt);
        map.put("reason", reason);
        map.putAll(plan.selection().asMap());
        map.put(
                "partitions",
                plan.ranges().stream().map(PartitionRange::onRecord).toList());
        map.put("left", plan.remaining());
        map.put("gap", plan.gap());
        map.putAll(tally.asMap());
        map.put("failure", failure);
        return map;
    }

    /** Lines under {@link #HEADINGS}, for people. */
    @Override
    public String toString() {
        return "%5d  %-14s  %-7s  %-11s  %-20s  %-20s  %11d  %11d  %11d  %11d  %9d  %11d%n       by %s%s%s%s%s%s"
                .formatted(
                        id,
                        plan.feed(),
                        kind(),
                        status,
                        startedAt.truncatedTo(SECONDS),
                        endedAt == null ? "-" : endedAt.truncatedTo(SECONDS),
                        tally.records(),
                        tally.of(Stored.INSERTED),
                        tally.of(Stored.UPDATED),
                        tally.of(Stored.UNCHANGED),
                        tally.rejected(),
                        plan.remaining(),
                        requestedBy,
                        reason == null ? "" : " (" + reason + ")",
                        plan.ranges().isEmpty()
                                ? ""
                                : ", offsets "
                                        + plan.ranges().stream()
                                                .filter(range -> range.end() > range.first())
                                                .map(range -> "%d:%d-%d"
                                                        .formatted(range.partition(), range.first(), range.end() - 1))
                                                .collect(Collectors.joining(",")),
                        plan.selection(),
                        plan.gap() == 0 ? "" : ", %d deleted by retention".formatted(plan.gap()),
                        failure == null ? "" : "; " + failure);
    }

    private String kind() {
        return isRedrive() ? "redrive" : "replay";
    }
}

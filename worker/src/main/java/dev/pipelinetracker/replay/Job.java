package dev.pipelinetracker.replay;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
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

    /** For machines. */
    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("id", id);
        map.put("feed", plan.feed());
        map.put("status", status);
        map.put("started", startedAt.toString());
        map.put("ended", endedAt == null ? null : endedAt.toString());
        map.put("by", requestedBy);
        map.put("reason", reason);
        map.put("left", plan.remaining());
        map.put("gap", plan.gap());
        map.putAll(tally.asMap());
        map.put("failure", failure);
        return map;
    }

    /** A line, for people. */
    @Override
    public String toString() {
        return "%d  %s  %s  %s%s  by %s%s  %s; %,d offsets left%s"
                .formatted(
                        id,
                        startedAt,
                        plan.feed(),
                        status,
                        plan.selection(),
                        requestedBy,
                        reason == null ? "" : " (" + reason + ")",
                        tally,
                        plan.remaining(),
                        failure == null ? "" : "; " + failure);
    }
}

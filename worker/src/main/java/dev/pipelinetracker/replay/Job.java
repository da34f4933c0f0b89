package dev.pipelinetracker.replay;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A replay as {@code tracker.replays} knows it.
 *
 * @param id what {@code --resume} takes
 * @param plan with each range's checkpoint
 * @param checkpoints batches committed so far
 * @param tally counts so far
 * @param status as stored, but {@code interrupted} if it is not ended and nobody runs it
 */
record Job(
        long id,
        Plan plan,
        long checkpoints,
        Tally tally,
        String status,
        String requestedBy,
        @Nullable String reason,
        Instant startedAt,
        @Nullable Instant endedAt,
        @Nullable String failure) {}

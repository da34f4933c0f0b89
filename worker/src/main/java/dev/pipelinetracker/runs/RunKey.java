package dev.pipelinetracker.runs;

import dev.pipelinetracker.engine.KeyOrder;
import java.util.Comparator;
import java.util.UUID;

/** Identity of a run: the unique index {@code tracker_run_identity}. */
record RunKey(UUID orgId, UUID pipelineId, String sourceId) implements Comparable<RunKey> {

    private static final Comparator<RunKey> ORDER = Comparator.comparing(RunKey::orgId, KeyOrder.OF_UUID)
            .thenComparing(RunKey::pipelineId, KeyOrder.OF_UUID)
            .thenComparing(RunKey::sourceId);

    @Override
    public int compareTo(RunKey other) {
        return ORDER.compare(this, other);
    }
}

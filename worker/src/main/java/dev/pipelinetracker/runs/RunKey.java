package dev.pipelinetracker.runs;

import dev.pipelinetracker.engine.KeyOrder;
import java.util.UUID;

/** Identity of a run: the unique index {@code tracker_run_identity}. */
record RunKey(UUID orgId, UUID pipelineId, String sourceId) implements Comparable<RunKey> {

    /** Written out: it is asked a dozen times per event. */
    @Override
    public int compareTo(RunKey other) {
        int byOrganization = KeyOrder.OF_UUID.compare(orgId, other.orgId);
        if (byOrganization != 0) {
            return byOrganization;
        }
        int byPipeline = KeyOrder.OF_UUID.compare(pipelineId, other.pipelineId);
        return byPipeline != 0 ? byPipeline : sourceId.compareTo(other.sourceId);
    }
}

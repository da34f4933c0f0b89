package dev.pipelinetracker.insights;

import dev.pipelinetracker.engine.KeyOrder;
import java.util.Comparator;
import java.util.UUID;

/** Identity of a source's insights: UNIQUE (source_id, org_id). */
record InsightKey(String sourceId, UUID orgId) implements Comparable<InsightKey> {

    private static final Comparator<InsightKey> ORDER =
            Comparator.comparing(InsightKey::sourceId).thenComparing(InsightKey::orgId, KeyOrder.OF_UUID);

    @Override
    public int compareTo(InsightKey other) {
        return ORDER.compare(this, other);
    }
}

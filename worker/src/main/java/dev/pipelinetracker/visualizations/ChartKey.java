package dev.pipelinetracker.visualizations;

import dev.pipelinetracker.engine.KeyOrder;
import java.util.Comparator;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Identity of a chart: UNIQUE NULLS NOT DISTINCT (source_id, org_id, chart_type, x_column, y_column), null equal to null.
 */
record ChartKey(
        String sourceId,
        UUID orgId,
        String chartType,
        @Nullable String xColumn,
        @Nullable String yColumn) implements Comparable<ChartKey> {

    private static final Comparator<@Nullable String> NULLS_LAST = Comparator.nullsLast(Comparator.naturalOrder());
    private static final Comparator<ChartKey> ORDER = Comparator.comparing(ChartKey::sourceId)
            .thenComparing(ChartKey::orgId, KeyOrder.OF_UUID)
            .thenComparing(ChartKey::chartType)
            .thenComparing(ChartKey::xColumn, NULLS_LAST)
            .thenComparing(ChartKey::yColumn, NULLS_LAST);

    @Override
    public int compareTo(ChartKey other) {
        return ORDER.compare(this, other);
    }
}

package dev.pipelinetracker.erasure;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Rows by table: those that are there, or those that were deleted.
 *
 * @param rows in the order in which they are told
 */
record RowCounts(Map<String, Long> rows) {

    static final RowCounts NONE = new RowCounts(Map.of());

    RowCounts {
        rows = Collections.unmodifiableMap(new LinkedHashMap<>(rows));
    }

    RowCounts plus(String table, long count) {
        return plus(new RowCounts(Map.of(table, count)));
    }

    RowCounts plus(RowCounts more) {
        Map<String, Long> sum = new LinkedHashMap<>(rows);
        more.rows.forEach((table, count) -> sum.merge(table, count, Long::sum));
        return new RowCounts(sum);
    }

    long all() {
        return rows.values().stream().mapToLong(Long::longValue).sum();
    }

    /** {@code 1,200 of analytics_pipeline_history, 1 of organizations}; nothing of empty tables. */
    @Override
    public String toString() {
        return all() == 0
                ? "no rows"
                : rows.entrySet().stream()
                        .filter(table -> table.getValue() > 0)
                        .map(table -> "%,d of %s".formatted(table.getValue(), table.getKey()))
                        .collect(Collectors.joining(", "));
    }
}

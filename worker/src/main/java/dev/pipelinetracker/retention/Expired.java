package dev.pipelinetracker.retention;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is older than a retention's age.
 *
 * @param organizations that have any such rows
 * @param rows finished runs: they go
 * @param open runs whose newest state is running: they stay, for somebody to find out what became of them
 * @param foreign finished runs without a pipeline_id, which are not the worker's: they stay
 */
public record Expired(long organizations, long rows, long open, long foreign) {

    static final Expired NONE = new Expired(0, 0, 0, 0);

    Expired plus(Expired more) {
        return new Expired(
                organizations + more.organizations, rows + more.rows, open + more.open, foreign + more.foreign);
    }

    /** For machines. */
    public Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("organizations", organizations);
        map.put("rows", rows);
        map.put("kept_open", open);
        map.put("kept_without_pipeline_id", foreign);
        return map;
    }
}

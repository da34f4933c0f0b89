package dev.pipelinetracker.publishing;

import dev.pipelinetracker.publish.EventFeed;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/** A valid event of each feed, as a line of JSON to start from. */
public final class SampleEvents {

    private SampleEvents() {}

    /** One line of JSON without its end, of this very moment. */
    public static String of(EventFeed feed, UUID organization) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
        return switch (feed) {
            case PIPELINE_RUNS -> """
                {"org_id": "%s", "pipeline_id": "%s", "source_id": "orders", "source_name": "Orders", \
                "status": "completed", "records_processed": 1200, "duration_seconds": 12.5, "error_message": null, \
                "run_type": "etl+rag", "timestamp": "%s"}""".formatted(organization, UUID.randomUUID(), now);
            case INSIGHTS -> """
                {"org_id": "%s", "source_id": "orders", "source_name": "Orders", "source_icon": "🛒", \
                "data_summary": "Orders of the last year.", "insights": ["Sales rose by 4%%.", "Returns fell."], \
                "records_analyzed": 1200, "generated_from": "etl", "generated_at": "%s"}""".formatted(organization, now);
            case VISUALIZATIONS -> """
                {"org_id": "%s", "source_id": "orders", "chart_type": "bar", "chart_title": "Sales by month", \
                "x_column": "month", "y_column": "sales", \
                "chart_config": {"data": [{"type": "bar", "x": ["Jan", "Feb"], "y": [1, 2.5]}], "layout": {}}, \
                "generated_at": "%s"}""".formatted(organization, now);
        };
    }
}

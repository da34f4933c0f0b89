package dev.pipelinetracker.local;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import org.apache.avro.specific.SpecificRecord;

/** The feeds as a publisher knows them: by topic and type of event. The names are the contract's. */
enum DemoFeed {
    PIPELINE_RUNS("pipeline-runs", PipelineRun.class),
    INSIGHTS("insights", SourceInsight.class),
    VISUALIZATIONS("visualizations", Visualization.class);

    private final String feed;
    private final Class<? extends SpecificRecord> eventType;

    DemoFeed(String feed, Class<? extends SpecificRecord> eventType) {
        this.feed = feed;
        this.eventType = eventType;
    }

    String feed() {
        return feed;
    }

    Class<? extends SpecificRecord> eventType() {
        return eventType;
    }

    String topic() {
        return "etl." + feed;
    }

    String deadLetterTopic() {
        return topic() + ".dlt";
    }
}

package dev.pipelinetracker.publish;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import java.util.Arrays;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;

/** The kinds of event that can be published, each to a topic of its own. */
public enum EventFeed {
    /** States of pipeline runs. */
    PIPELINE_RUNS("pipeline-runs", PipelineRun.class),
    /** Generated insights about a data source. */
    INSIGHTS("insights", SourceInsight.class),
    /** Charts of a data source. */
    VISUALIZATIONS("visualizations", Visualization.class);

    private static final String TOPIC_PREFIX = "etl.";

    private final String label;
    private final Class<? extends SpecificRecord> eventType;

    EventFeed(String label, Class<? extends SpecificRecord> eventType) {
        this.label = label;
        this.eventType = eventType;
    }

    /** The feed's name in configuration, metrics and commands: {@code pipeline-runs}. */
    public String label() {
        return label;
    }

    /** The generated class of its events. */
    public Class<? extends SpecificRecord> eventType() {
        return eventType;
    }

    /** The topic, if none is configured: {@code etl.pipeline-runs}. */
    public String defaultTopic() {
        return TOPIC_PREFIX + label;
    }

    /** The subject under which a registry keeps the schema of a topic's values: {@code etl.pipeline-runs-value}. */
    public static String subject(String topic) {
        return topic + "-value";
    }

    /** The feed of that name, as {@link #label} tells it. */
    public static Optional<EventFeed> named(String label) {
        return Arrays.stream(values()).filter(feed -> feed.label.equals(label)).findFirst();
    }

    /** The feed's name, as {@link #label}. */
    @Override
    public String toString() {
        return label;
    }
}

package dev.pipelinetracker.bench;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.wire.EventDecoder;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import dev.pipelinetracker.wire.UnreadableEventException;
import java.net.URI;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.storage.Converter;
import org.jspecify.annotations.Nullable;

/**
 * Gives Kafka Connect the events as Debezium's sink reads them at its best: with our own decoder, which is faster than what
 * it would come with, straight into structs whose fields are the columns and carry Debezium's own types.
 */
public final class EventConverter implements Converter {

    private static final Schema UUID =
            SchemaBuilder.string().name("io.debezium.data.Uuid").build();
    private static final Schema JSON =
            SchemaBuilder.string().name("io.debezium.data.Json").build();
    // its unnest writer binds values as they come: of its types for time only the one of text survives that
    private static final Schema TIME =
            SchemaBuilder.string().name("io.debezium.time.ZonedTimestamp").build();

    private static final Schema RUN = SchemaBuilder.struct()
            .name("run")
            .field("org_id", UUID)
            .field("pipeline_id", UUID)
            .field("source_id", Schema.STRING_SCHEMA)
            .field("source_name", Schema.STRING_SCHEMA)
            .field("status", Schema.STRING_SCHEMA)
            .field("records_processed", Schema.INT32_SCHEMA)
            .field("duration_seconds", Schema.FLOAT64_SCHEMA)
            .field("error_message", Schema.OPTIONAL_STRING_SCHEMA)
            .field("run_type", Schema.OPTIONAL_STRING_SCHEMA)
            .field("timestamp", TIME)
            .build();
    private static final Schema CHART = SchemaBuilder.struct()
            .name("chart")
            .field("source_id", Schema.STRING_SCHEMA)
            .field("org_id", UUID)
            .field("chart_type", Schema.STRING_SCHEMA)
            .field("chart_title", Schema.OPTIONAL_STRING_SCHEMA)
            .field("x_column", Schema.OPTIONAL_STRING_SCHEMA)
            .field("y_column", Schema.OPTIONAL_STRING_SCHEMA)
            .field("chart_config", JSON)
            .field("generated_at", TIME)
            .build();

    private @Nullable EventDecoder<? extends SpecificRecord> decoder;

    /** For Connect, which configures it. */
    public EventConverter() {}

    /** Takes {@code registry}, a URL, and {@code feed}. */
    @Override
    public void configure(Map<String, ?> settings, boolean isKey) {
        SchemaRegistry registry =
                new SchemaRegistry(RegistrySettings.at(URI.create(String.valueOf(settings.get("registry")))));
        decoder = "pipeline-runs".equals(settings.get("feed"))
                ? new EventDecoder<>(PipelineRun.class, registry)
                : new EventDecoder<>(Visualization.class, registry);
    }

    /** Sinks do not write to Kafka. */
    @Override
    public byte[] fromConnectData(String topic, Schema schema, Object value) {
        throw new UnsupportedOperationException();
    }

    @Override
    public SchemaAndValue toConnectData(String topic, byte[] payload) {
        EventDecoder<? extends SpecificRecord> configured = decoder;
        if (configured == null) {
            throw new DataException("not configured");
        }
        try {
            SpecificRecord event = configured.decode(payload);
            if (event instanceof PipelineRun run) {
                return new SchemaAndValue(RUN, struct(run));
            }
            return new SchemaAndValue(CHART, struct((Visualization) event));
        } catch (UnreadableEventException e) {
            throw new DataException(e);
        }
    }

    private static Struct struct(PipelineRun run) {
        return new Struct(RUN)
                .put("org_id", run.getOrgId().toString())
                .put("pipeline_id", run.getPipelineId().toString())
                .put("source_id", run.getSourceId())
                .put("source_name", run.getSourceName())
                .put("status", run.getStatus().name())
                .put("records_processed", (int) run.getRecordsProcessed())
                .put("duration_seconds", run.getDurationSeconds())
                .put("error_message", run.getErrorMessage())
                .put(
                        "run_type",
                        run.getRunType() == null ? null : run.getRunType().name())
                .put("timestamp", run.getTimestamp().toString());
    }

    private static Struct struct(Visualization chart) {
        return new Struct(CHART)
                .put("source_id", chart.getSourceId())
                .put("org_id", chart.getOrgId().toString())
                .put("chart_type", chart.getChartType())
                .put("chart_title", chart.getChartTitle())
                .put("x_column", chart.getXColumn())
                .put("y_column", chart.getYColumn())
                .put("chart_config", chart.getChartConfig())
                .put("generated_at", chart.getGeneratedAt().toString());
    }
}

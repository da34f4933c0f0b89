package dev.pipelinetracker.support;

import dev.pipelinetracker.events.InsightOrigin;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.RunType;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.wire.EventEncoder;
import dev.pipelinetracker.wire.EventSchemas;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.apache.avro.specific.SpecificRecord;

/** Good events, to be stored as they are or broken in one place; and their bytes. */
public final class Events {

    /** With microseconds, in the hour that New York's clocks skip. */
    public static final Instant MOMENT = Instant.parse("2026-03-08T07:30:00.123456Z");

    private Events() {}

    /** A completed run. */
    public static PipelineRun run(UUID organization, int number) {
        return PipelineRun.newBuilder()
                .setOrgId(organization)
                .setPipelineId(new UUID(7, number))
                .setSourceId("orders")
                .setSourceName("Orders 📦")
                .setStatus(RunStatus.completed)
                .setRecordsProcessed(number)
                .setDurationSeconds(12.5)
                .setErrorMessage(null)
                .setRunType(RunType.etl_rag)
                .setTimestamp(MOMENT)
                .build();
    }

    /** Insights of a source of its own. */
    public static SourceInsight insight(UUID organization, int number) {
        return SourceInsight.newBuilder()
                .setOrgId(organization)
                .setSourceId("source-" + number)
                .setSourceName("Kunden")
                .setSourceIcon("👩‍🔬")
                .setDataSummary("Größer als € 5")
                .setInsights(List.of("first \"quoted\"", "zweite 😀"))
                .setRecordsAnalyzed(number)
                .setGeneratedFrom(InsightOrigin.etl)
                .setGeneratedAt(MOMENT)
                .build();
    }

    /** A chart of a source of its own. */
    public static Visualization chart(UUID organization, int number) {
        return Visualization.newBuilder()
                .setOrgId(organization)
                .setSourceId("source-" + number)
                .setChartType("bar")
                .setChartTitle("Umsatz 📈")
                .setXColumn(null)
                .setYColumn("total")
                .setChartConfig("{\"data\": [{\"type\": \"bar\", \"y\": [1.5, 2]}], \"layout\": {\"title\": \"ü😀\"}}")
                .setGeneratedAt(MOMENT)
                .build();
    }

    /** The wire format, with the id under which the tests' registry knows the event's schema. */
    public static <E extends SpecificRecord> byte[] bytes(Class<E> type, E event) {
        SchemaRegistry registry = new SchemaRegistry(RegistrySettings.at(URI.create(RealRegistry.url())));
        int id = registry.register("test-" + type.getSimpleName(), EventSchemas.avsc(type));
        return new EventEncoder<>(type, id).encode(event);
    }

    /** A record's key. */
    public static byte[] key(UUID organization) {
        return organization.toString().getBytes(StandardCharsets.UTF_8);
    }
}

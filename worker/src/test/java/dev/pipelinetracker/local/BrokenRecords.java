package dev.pipelinetracker.local;

import dev.pipelinetracker.events.InsightOrigin;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.SourceInsight;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** Makes records that the worker must reject, each for another reason than the last. Not safe for use by several threads. */
final class BrokenRecords {

    private static final UUID NOBODY = UUID.fromString("99999999-9999-4999-8999-999999999999");

    private final RandomGenerator random;
    private final EventEncoding encoding;
    private int made;

    BrokenRecords(RandomGenerator random, EventEncoding encoding) {
        this.random = random;
        this.encoding = encoding;
    }

    /** Four in turn: unknown organization, key of another organization, invalid field, not Avro at all. */
    OutgoingRecord next(Instant now) {
        UUID first = DemoOrganizations.ALL.get(0).id();
        UUID second = DemoOrganizations.ALL.get(1).id();
        return switch (made++ % 4) {
            case 0 -> encoding.record(NOBODY, insight(NOBODY, now));
            case 1 -> encoding.record(second, insight(first, now));
            case 2 -> encoding.record(first, run(first, 3_000_000_000L, now));
            default ->
                encoding.record(
                        first, PipelineRun.class, "{\"status\": \"completed\"}".getBytes(StandardCharsets.UTF_8));
        };
    }

    private static SourceInsight insight(UUID organization, Instant now) {
        return SourceInsight.newBuilder()
                .setOrgId(organization)
                .setSourceId("forgotten-export")
                .setGeneratedFrom(InsightOrigin.rag)
                .setGeneratedAt(now.truncatedTo(ChronoUnit.MICROS))
                .build();
    }

    /** More records than the table's INTEGER holds. */
    private PipelineRun run(UUID organization, long records, Instant now) {
        return PipelineRun.newBuilder()
                .setOrgId(organization)
                .setPipelineId(new UUID(random.nextLong(), random.nextLong()))
                .setSourceId("forgotten-export")
                .setSourceName("Forgotten export")
                .setStatus(RunStatus.completed)
                .setRecordsProcessed(records)
                .setTimestamp(now.truncatedTo(ChronoUnit.MICROS))
                .build();
    }
}

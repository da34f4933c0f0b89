package dev.pipelinetracker.publishing;

import dev.pipelinetracker.events.InsightOrigin;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.RunType;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.publish.EventFeed;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/** Good events with anything in them that the rules allow, each of a row of its own; the same for the same seed. */
final class SomeEvents {

    private static final long MICROS_OF_A_CENTURY = 3_155_760_000_000_000L;

    private final UUID organization;
    private final Random random;

    SomeEvents(UUID organization, long seed) {
        this.organization = organization;
        this.random = new Random(seed);
    }

    List<SpecificRecord> of(EventFeed feed, int count) {
        return IntStream.range(0, count)
                .<SpecificRecord>mapToObj(number -> switch (feed) {
                    case PIPELINE_RUNS -> run();
                    case INSIGHTS -> insight("source-" + number);
                    case VISUALIZATIONS -> chart("source-" + number);
                })
                .toList();
    }

    private PipelineRun run() {
        return PipelineRun.newBuilder()
                .setOrgId(organization)
                .setPipelineId(new UUID(random.nextLong(), random.nextLong()))
                .setSourceId(text(1, 50))
                .setSourceName(text(1, 255))
                .setStatus(one(RunStatus.values()))
                .setRecordsProcessed(count())
                .setDurationSeconds(random.nextDouble() * 1e6)
                .setErrorMessage(maybe(() -> text(0, 2_000)))
                .setRunType(maybe(() -> one(RunType.values())))
                .setTimestamp(moment())
                .build();
    }

    private SourceInsight insight(String source) {
        return SourceInsight.newBuilder()
                .setOrgId(organization)
                .setSourceId(source)
                .setSourceName(maybe(() -> text(0, 255)))
                .setSourceIcon(maybe(() -> text(0, 10)))
                .setDataSummary(maybe(() -> text(0, 2_000)))
                .setInsights(Stream.generate(() -> text(0, 300))
                        .limit(random.nextInt(6))
                        .toList())
                .setRecordsAnalyzed(count())
                .setGeneratedFrom(one(InsightOrigin.values()))
                .setGeneratedAt(moment())
                .build();
    }

    private Visualization chart(String source) {
        return Visualization.newBuilder()
                .setOrgId(organization)
                .setSourceId(source)
                .setChartType(text(1, 50))
                .setChartTitle(maybe(() -> text(0, 255)))
                .setXColumn(maybe(() -> text(0, 100)))
                .setYColumn(maybe(() -> text(0, 100)))
                .setChartConfig("{\"data\": [{\"y\": [%d, %s]}], \"größe\": \"😀\\u00e9\\n\"}"
                        .formatted(random.nextLong(), random.nextInt(1_000_000) / 64.0))
                .setGeneratedAt(moment())
                .build();
    }

    private long count() {
        return random.nextInt() & Integer.MAX_VALUE;
    }

    private Instant moment() {
        return Instant.EPOCH.plus(random.nextLong(-MICROS_OF_A_CENTURY, MICROS_OF_A_CENTURY), ChronoUnit.MICROS);
    }

    /** Of code points from all planes. */
    private String text(int min, int max) {
        return random.ints(random.nextInt(min, max + 1), 1, 0x30000)
                .map(point -> point >= 0xD800 && point <= 0xDFFF ? '"' : point)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private <T> @Nullable T maybe(Supplier<T> value) {
        return random.nextInt(4) == 0 ? null : value.get();
    }

    private <T> T one(T[] values) {
        return values[random.nextInt(values.length)];
    }
}

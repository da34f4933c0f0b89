package dev.pipelinetracker.bench;

import dev.pipelinetracker.bench.Backlog.Message;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.RunType;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.wire.EventEncoder;
import dev.pipelinetracker.wire.EventSchemas;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;

/**
 * Makes backlogs. Two events of a run lie so far apart that no batch holds both: each one costs a row, inserted or
 * updated, and no fold can save it. Numbers go on from one backlog to the next, so that rows never meet by accident.
 */
final class Backlogs {

    /** Partitions of each topic. */
    static final int PARTITIONS = 12;

    /** How many there are. */
    static final int ORGANIZATIONS = 240;

    /** Runs of one partition that are open at a time: more than a batch. */
    private static final int OPEN_RUNS = 6_000;

    private static final int CHART_BYTES = 2_048;
    private static final List<RunType> TYPES = List.of(RunType.values());
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final List<UUID> organizations = new ArrayList<>();
    private final EventEncoder<PipelineRun> runs;
    private final EventEncoder<Visualization> charts;
    private final Random random;
    private long number;

    Backlogs(long seed, RegistrySettings registry) {
        this.random = new Random(seed);
        this.runs = encoder(PipelineRun.class, new SchemaRegistry(registry));
        this.charts = encoder(Visualization.class, new SchemaRegistry(registry));
        for (int i = 0; i < ORGANIZATIONS; i++) {
            // spread as random ones are, and the same in each database
            UUID id = new UUID(((0x9E3779B97F4A7C15L * (i + 1)) & ~0xF000L) | 0x4000L, Long.MIN_VALUE | i);
            organizations.add(id);
        }
    }

    /** All organizations that events are of. */
    List<UUID> organizations() {
        return List.copyOf(organizations);
    }

    /** Two events for each run, their identifiers from there. */
    Backlog runs(int events, Function<Instant, UUID> identifiers) {
        int ofPartition = events / PARTITIONS / 2;
        int open = Math.min(OPEN_RUNS, ofPartition);
        List<List<Message>> partitions = new ArrayList<>();
        for (int p = 0; p < PARTITIONS; p++) {
            List<Message> messages = new ArrayList<>(2 * ofPartition);
            List<PipelineRun> started = new ArrayList<>(ofPartition);
            for (int i = 0; i < ofPartition + open; i++) {
                if (i < ofPartition) {
                    PipelineRun run = started(p, identifiers);
                    started.add(run);
                    messages.add(message(run));
                }
                if (i >= open) {
                    messages.add(message(ended(started.get(i - open))));
                }
            }
            partitions.add(messages);
        }
        return new Backlog("pipeline-runs", partitions, ofPartition * PARTITIONS);
    }

    /** Runs with random identifiers. */
    Backlog runs(int events) {
        return runs(events, moment -> randomId());
    }

    /** New charts of {@value #CHART_BYTES} bytes of JSON each. */
    Backlog charts(int events) {
        List<List<Message>> partitions = new ArrayList<>();
        for (int p = 0; p < PARTITIONS; p++) {
            List<Message> messages = new ArrayList<>();
            for (int i = 0; i < events / PARTITIONS; i++) {
                UUID organization = organization(p);
                messages.add(new Message(organization, charts.encode(chart(organization))));
            }
            partitions.add(messages);
        }
        return new Backlog("visualizations", partitions, events / PARTITIONS * PARTITIONS);
    }

    /** One finished run, reached at that moment. */
    Message run(int partition, Instant moment) {
        PipelineRun run = started(partition, at -> randomId());
        run.setStatus(RunStatus.completed);
        run.setTimestamp(moment.truncatedTo(ChronoUnit.MICROS));
        return message(run);
    }

    UUID randomId() {
        return new UUID(
                (random.nextLong() & ~0xF000L) | 0x4000L,
                (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | Long.MIN_VALUE);
    }

    private Message message(PipelineRun run) {
        return new Message(run.getOrgId(), runs.encode(run));
    }

    private PipelineRun started(int partition, Function<Instant, UUID> identifiers) {
        long n = number++;
        Instant moment = START.plusMillis(n);
        int source = random.nextInt(20);
        return PipelineRun.newBuilder()
                .setOrgId(organization(partition))
                .setPipelineId(identifiers.apply(moment))
                .setSourceId("source-" + source)
                .setSourceName("Orders of shop " + source)
                .setStatus(RunStatus.running)
                .setRecordsProcessed(0)
                .setDurationSeconds(0)
                .setErrorMessage(null)
                .setRunType(TYPES.get(random.nextInt(TYPES.size())))
                .setTimestamp(moment)
                .build();
    }

    private PipelineRun ended(PipelineRun started) {
        double seconds = random.nextInt(3_600_000) / 1000.0;
        boolean failed = random.nextInt(30) == 0;
        // a builder that copies would ask Avro to trust the enums' classes
        return PipelineRun.newBuilder()
                .setOrgId(started.getOrgId())
                .setPipelineId(started.getPipelineId())
                .setSourceId(started.getSourceId())
                .setSourceName(started.getSourceName())
                .setStatus(failed ? RunStatus.failed : RunStatus.completed)
                .setErrorMessage(failed ? "connection to the warehouse lost after 3 attempts, the last at 12:04" : null)
                .setRecordsProcessed(random.nextInt(5_000_000))
                .setDurationSeconds(seconds)
                .setRunType(started.getRunType())
                .setTimestamp(started.getTimestamp().plusMillis((long) (seconds * 1000)))
                .build();
    }

    private Visualization chart(UUID organization) {
        long n = number++;
        return Visualization.newBuilder()
                .setOrgId(organization)
                .setSourceId("source-" + n)
                .setChartType("bar")
                .setChartTitle("Revenue by month " + n)
                .setXColumn("month")
                .setYColumn("revenue")
                .setChartConfig(figure(n))
                .setGeneratedAt(START.plusMillis(n))
                .build();
    }

    /** A Plotly figure as its Python library writes it. */
    private String figure(long n) {
        StringBuilder json = new StringBuilder(CHART_BYTES + 64)
                .append("{\"data\": [{\"type\": \"bar\", \"name\": \"Revenue ")
                .append(n)
                .append("\", \"marker\": {\"color\": \"#636efa\"}, \"x\": [");
        int points = 78;
        for (int i = 0; i < points; i++) {
            json.append(i == 0 ? "" : ", ").append("\"2026-").append(i).append('"');
        }
        json.append("], \"y\": [");
        while (json.length() < CHART_BYTES - 120) {
            json.append(random.nextInt(10_000_000) / 100.0).append(", ");
        }
        return json.append("0]}], \"layout\": {\"title\": {\"text\": \"Revenue by month\"}, ")
                .append("\"xaxis\": {\"type\": \"category\"}, \"showlegend\": false}}")
                .toString();
    }

    /** One whose key could be of that partition. */
    private UUID organization(int partition) {
        return organizations.get(partition + PARTITIONS * random.nextInt(ORGANIZATIONS / PARTITIONS));
    }

    private static <E extends SpecificRecord> EventEncoder<E> encoder(Class<E> type, SchemaRegistry registry) {
        return new EventEncoder<>(type, registry.register("bench-" + type.getSimpleName(), EventSchemas.avsc(type)));
    }
}

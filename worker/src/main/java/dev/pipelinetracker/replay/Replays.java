package dev.pipelinetracker.replay;

import dev.pipelinetracker.engine.FeedSettings;
import dev.pipelinetracker.engine.Processor;
import dev.pipelinetracker.engine.Processors;
import dev.pipelinetracker.listen.Listening;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What the command {@code replay} does: plan, ask, run, keep the audit row; resume; list; verify. Not found by the
 * component scan: whoever wants it adds it to the worker's sources.
 */
public class Replays {

    private final Processors processors;
    private final FeedSettings settings;
    private final SchemaRegistry registry;
    private final DataSource database;
    private final ConsumerFactory<byte[], byte[]> consumers;
    private final KafkaAdmin kafka;
    private final Journal journal;
    private final TransactionTemplate transactions;

    Replays(
            Processors processors,
            FeedSettings settings,
            SchemaRegistry registry,
            DataSource database,
            ConsumerFactory<byte[], byte[]> consumers,
            KafkaAdmin kafka) {
        this.processors = processors;
        this.settings = settings;
        this.registry = registry;
        this.database = database;
        this.consumers = consumers;
        this.kafka = kafka;
        this.journal = new Journal(database);
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(database));
    }

    /**
     * Replays what is selected.
     *
     * @param reason for the audit row
     * @return whether it came to its end: it was not stopped
     * @throws RefusedException before anything is written
     * @throws FailedException if it can be resumed, or was never begun
     */
    public boolean replay(
            String feed,
            Selection selection,
            Manner manner,
            @Nullable String reason,
            Operator operator,
            StopSignal stop) {
        Processor<?, ?> processor = processor(feed);
        journal.refuseUnmigrated();
        try (Admin admin = admin()) {
            Plan plan = new Planner(admin).plan(feed, settings.topic(processor.feed()), selection);
            show(plan, manner, operator);
            refuseGap(plan, manner);
            RecordFilter filter = filter(processor, selection);
            if (manner.dryRun()) {
                return dryRun(processor, plan, filter, pace(admin, plan, manner, stop), manner, operator, stop);
            }
            operator.confirm("Replay up to %,d records?".formatted(plan.remaining()), manner.yes());
            try (FeedLock lock = FeedLock.take(database, feed)) {
                Long id = transactions.execute(transaction -> journal.begin(plan, Requester.name(), reason));
                CommitWithCheckpoint writer =
                        new CommitWithCheckpoint(processor, journal, transactions, lock, id == null ? 0 : id, 0);
                return run(id == null ? 0 : id, plan, filter, writer, new Tally(), admin, manner, operator, stop);
            } catch (SQLException e) {
                throw databaseAway(e);
            }
        }
    }

    /** Goes on with a replay from its checkpoint, with its own ranges and filters; otherwise as {@link #replay}. */
    public boolean resume(long id, Manner manner, Operator operator, StopSignal stop) {
        journal.refuseUnmigrated();
        Job found = job(id);
        Processor<?, ?> processor = processor(found.plan().feed());
        try (Admin admin = admin();
                FeedLock lock = FeedLock.take(database, found.plan().feed())) {
            // again, now that nobody else can change it
            Job job = job(id);
            if (job.status().equals("done")) {
                throw new RefusedException(
                        "replay %d is done, so there is nothing to resume. Start a new one.".formatted(id));
            }
            Plan plan = new Planner(admin).again(job.plan());
            show(plan, manner, operator);
            refuseGap(plan, manner);
            RecordFilter filter = filter(processor, plan.selection());
            operator.confirm("Resume replay %d, up to %,d records?".formatted(id, plan.remaining()), manner.yes());
            transactions.executeWithoutResult(transaction -> journal.resume(id, plan));
            CommitWithCheckpoint writer =
                    new CommitWithCheckpoint(processor, journal, transactions, lock, id, job.checkpoints());
            return run(id, plan, filter, writer, job.tally(), admin, manner, operator, stop);
        } catch (SQLException e) {
            throw databaseAway(e);
        }
    }

    /** Shows the newest replays. */
    public void list(int limit, Operator operator) {
        journal.refuseUnmigrated();
        List<Job> jobs = journal.newest(limit);
        if (jobs.isEmpty()) {
            operator.say("no replays yet");
        }
        jobs.forEach(job -> operator.show("replay", describe(job), line(job)));
    }

    /**
     * Compares what is selected with the tables, and writes nothing.
     *
     * @return whether it was read to its end and nothing is missing or stale
     */
    public boolean verify(String feed, Selection selection, Manner manner, Operator operator, StopSignal stop) {
        Processor<?, ?> processor = processor(feed);
        try (Admin admin = admin()) {
            Plan plan = new Planner(admin).plan(feed, settings.topic(processor.feed()), selection);
            show(plan, manner, operator);
            refuseGap(plan, manner);
            Comparison comparison = new Comparison(processor, transactions, database);
            boolean finished;
            Tally tally;
            try (Batches batches = batches(plan, manner)) {
                operator.begin(feed, plan.remaining());
                Run run = new Run(
                        batches,
                        filter(processor, selection),
                        comparison,
                        pace(admin, plan, manner, stop),
                        stop,
                        operator,
                        new Tally());
                finished = run.toTheEnd(offsets(plan, true));
                tally = run.tally();
            } finally {
                operator.close();
            }
            boolean holds = finished && comparison.missing() + comparison.stale() == 0;
            Map<String, Object> object = comparison.asMap();
            object.put("rejected", tally.rejected());
            object.put("skipped", tally.skipped());
            object.put("holds", holds);
            operator.show(
                    "verify",
                    object,
                    "%s: %s; %,d rejected, %,d left out by the filters"
                            .formatted(
                                    holds ? "the tables hold it" : finished ? "the tables lack a part" : "stopped",
                                    comparison,
                                    tally.rejected(),
                                    tally.skipped()));
            if (finished && !holds) {
                operator.say("To mend it: the same command without `verify`, first with --dry-run");
            }
            return holds;
        }
    }

    private boolean run(
            long id,
            Plan plan,
            RecordFilter filter,
            CommitWithCheckpoint writer,
            Tally before,
            Admin admin,
            Manner manner,
            Operator operator,
            StopSignal stop) {
        operator.say("replay %d of %s".formatted(id, plan.feed()));
        Map<Integer, Long> next = offsets(plan, true);
        boolean finished;
        Tally tally;
        try (Batches batches = batches(plan, manner)) {
            operator.begin(plan.feed(), plan.remaining());
            Run run = new Run(batches, filter, writer, pace(admin, plan, manner, stop), stop, operator, before);
            finished = run.toTheEnd(next);
            tally = run.tally();
        } catch (RuntimeException e) {
            operator.close();
            fail(id, writer, e, operator);
            throw e;
        }
        operator.close();
        journal.end(id, writer.checkpoints(), finished ? "done" : "stopped", null);
        summary("end", id, finished ? "done" : "stopped", tally, operator);
        if (!finished) {
            operator.say(resumeHint(id));
        }
        return finished;
    }

    private void fail(long id, CommitWithCheckpoint writer, RuntimeException fault, Operator operator) {
        try {
            journal.end(id, writer.checkpoints(), "failed", fault.getMessage());
        } catch (RuntimeException e) {
            operator.say("the audit row could not be written; `replay list` will show it as interrupted");
        }
        operator.say(resumeHint(id));
    }

    private boolean dryRun(
            Processor<?, ?> processor,
            Plan plan,
            RecordFilter filter,
            Pace pace,
            Manner manner,
            Operator operator,
            StopSignal stop) {
        RollBack writer = new RollBack(processor, transactions, database);
        boolean finished;
        Tally tally;
        try (Batches batches = batches(plan, manner)) {
            operator.begin(plan.feed(), plan.remaining());
            Run run = new Run(batches, filter, writer, pace, stop, operator, new Tally());
            finished = run.toTheEnd(offsets(plan, true));
            tally = run.tally();
        } finally {
            operator.close();
        }
        summary("dry-run", null, finished ? "dry run, nothing was changed" : "dry run, stopped", tally, operator);
        return finished;
    }

    private static void summary(String kind, @Nullable Long id, String status, Tally tally, Operator operator) {
        Map<String, Object> object = new LinkedHashMap<>();
        if (id != null) {
            object.put("replay", id);
        }
        object.put("status", status);
        object.putAll(tally.asMap());
        operator.show(
                kind,
                object,
                "%s: %,d records: %s"
                        .formatted(id == null ? status : "replay " + id + " " + status, tally.records(), tally));
    }

    private static void show(Plan plan, Manner manner, Operator operator) {
        List<Map<String, Object>> partitions = new ArrayList<>();
        StringBuilder text = new StringBuilder("%s from topic %s%s%n%9s %15s %15s %12s %12s  %s%n"
                .formatted(
                        plan.feed(),
                        plan.topic(),
                        manner.dryRun() ? ", dry run" : "",
                        "partition",
                        "from offset",
                        "to (excl.)",
                        "records",
                        "deleted",
                        "oldest"));
        for (PartitionRange range : plan.ranges()) {
            Instant oldest = range.oldest();
            Map<String, Object> partition = new LinkedHashMap<>();
            partition.put("partition", range.partition());
            partition.put("from_offset", range.next());
            partition.put("end_offset", range.end());
            partition.put("records", range.remaining());
            partition.put("deleted_at_most", range.gap());
            partition.put("oldest", oldest == null ? null : oldest.toString());
            partitions.add(partition);
            text.append("%9d %15d %15d %12d %12d  %s%n"
                    .formatted(
                            range.partition(),
                            range.next(),
                            range.end(),
                            range.remaining(),
                            range.gap(),
                            oldest == null || range.remaining() == 0 ? "-" : oldest));
        }
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("feed", plan.feed());
        object.put("topic", plan.topic());
        object.put("records", plan.remaining());
        object.put("deleted_at_most", plan.gap());
        object.put("partitions", partitions);
        text.append("at most %,d records%s".formatted(plan.remaining(), filters(plan.selection())));
        operator.show("plan", object, text.toString());
    }

    private static String filters(Selection selection) {
        StringBuilder text = new StringBuilder();
        if (selection.from() != null) {
            text.append(", from ").append(selection.from());
        }
        if (selection.to() != null) {
            text.append(", before ").append(selection.to());
        }
        if (!selection.organizations().isEmpty()) {
            text.append(", of organizations ").append(selection.organizations());
        }
        if (!selection.sources().isEmpty()) {
            text.append(", of sources ").append(selection.sources());
        }
        return text.toString();
    }

    private static void refuseGap(Plan plan, Manner manner) {
        if (plan.gap() > 0 && !manner.acceptGap()) {
            throw new RefusedException(
                    "retention has deleted up to %,d records of this range (column deleted). Choose a later start, or add --accept-gap to replay the rest."
                            .formatted(plan.gap()));
        }
    }

    private Pace pace(Admin admin, Plan plan, Manner manner, StopSignal stop) {
        LongSupplier lag =
                manner.yieldToLive() ? new LiveLag(admin, Listening.GROUP_PREFIX + plan.feed(), plan.topic()) : () -> 0;
        return new Pace(manner.rate(), lag, manner.lagBound(), stop);
    }

    private Batches batches(Plan plan, Manner manner) {
        return new Batches(
                consumers,
                plan.topic(),
                offsets(plan, true),
                offsets(plan, false),
                manner.rate().batch(Batches.MOST));
    }

    private static Map<Integer, Long> offsets(Plan plan, boolean next) {
        Map<Integer, Long> offsets = new TreeMap<>();
        plan.ranges().forEach(range -> offsets.put(range.partition(), next ? range.next() : range.end()));
        return offsets;
    }

    private RecordFilter filter(Processor<?, ?> processor, Selection selection) {
        return new RecordFilter(selection, processor.feed().eventType(), registry);
    }

    private Job job(long id) {
        return journal.find(id)
                .orElseThrow(() -> new RefusedException("there is no replay %d. See `replay list`.".formatted(id)));
    }

    private Processor<?, ?> processor(String feed) {
        return processors.all().stream()
                .filter(processor -> processor.feed().name().equals(feed))
                .findFirst()
                .orElseThrow(() -> new RefusedException("there is no feed '%s'. Name one of %s."
                        .formatted(
                                feed,
                                processors.all().stream()
                                        .map(processor -> processor.feed().name())
                                        .sorted()
                                        .toList())));
    }

    private Admin admin() {
        return Admin.create(kafka.getConfigurationProperties());
    }

    private static Map<String, Object> describe(Job job) {
        Map<String, Object> object = new LinkedHashMap<>();
        Instant endedAt = job.endedAt();
        object.put("id", job.id());
        object.put("feed", job.plan().feed());
        object.put("status", job.status());
        object.put("started", job.startedAt().toString());
        object.put("ended", endedAt == null ? null : endedAt.toString());
        object.put("by", job.requestedBy());
        object.put("reason", job.reason());
        object.put("left", job.plan().remaining());
        object.put("gap", job.plan().gap());
        object.putAll(job.tally().asMap());
        object.put("failure", job.failure());
        return object;
    }

    private static String line(Job job) {
        return "%d  %s  %s  %s%s  by %s%s  %s; %,d offsets left%s"
                .formatted(
                        job.id(),
                        job.startedAt(),
                        job.plan().feed(),
                        job.status(),
                        filters(job.plan().selection()),
                        job.requestedBy(),
                        job.reason() == null ? "" : " (" + job.reason() + ")",
                        job.tally(),
                        job.plan().remaining(),
                        job.failure() == null ? "" : "; " + job.failure());
    }

    private static String resumeHint(long id) {
        return "To go on from the checkpoint: replay --resume %d".formatted(id);
    }

    private static FailedException databaseAway(SQLException fault) {
        return new FailedException(
                "the database does not answer (SQLState %s). Check spring.datasource.*, then try again."
                        .formatted(fault.getSQLState()),
                fault);
    }
}

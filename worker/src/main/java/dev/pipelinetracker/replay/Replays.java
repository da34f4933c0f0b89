package dev.pipelinetracker.replay;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What the command {@code replay} does: plan, ask, run, keep the audit row; resume; list; verify. Not found by the
 * component scan: whoever wants it adds it to the worker's sources.
 */
@Import(Feeds.class)
public class Replays {

    private final Feeds feeds;
    private final DataSource database;
    private final Journal journal;
    private final Jobs jobs;
    private final TransactionTemplate transactions;

    Replays(Feeds feeds, DataSource database) {
        this.feeds = feeds;
        this.database = database;
        this.journal = new Journal(database);
        this.jobs = new Jobs(database);
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
            String name,
            Selection selection,
            Manner manner,
            @Nullable String reason,
            Operator operator,
            StopSignal stop) {
        try (OpenFeed feed = feeds.open(name, operator)) {
            journal.refuseUnmigrated();
            Plan plan = feed.plan(selection, operator);
            show(plan, manner.acceptGap(), operator);
            Run run = new Run(feed, plan, manner.speed(), operator, stop);
            if (manner.dryRun()) {
                return dryRun(feed, run, operator);
            }
            operator.confirm("Replay up to %,d records?".formatted(plan.remaining()), manner.yes());
            try (FeedLock lock = feed.lock()) {
                long id = Objects.requireNonNull(
                        transactions.execute(transaction -> journal.begin(plan, Requester.name(), reason)));
                return toItsEnd(id, feed, run, writer(feed, lock, id, 0, 0), new Tally(), operator);
            }
        }
    }

    /** Goes on with a replay from its checkpoint, with its own ranges and filters; otherwise as {@link #replay}. */
    public boolean resume(long id, Manner manner, Operator operator, StopSignal stop) {
        operator.about("replay", id);
        journal.refuseUnmigrated();
        if (job(id).isRedrive()) {
            throw new RefusedException(
                    "%d is a redrive. What is left of it is open still: run `dead-letters redrive` again."
                            .formatted(id));
        }
        try (OpenFeed feed = feeds.open(job(id).plan().feed(), operator);
                FeedLock lock = feed.lock()) {
            // anew, now that nobody else can change it
            Job job = job(id);
            if (job.status().equals("done")) {
                throw new RefusedException(
                        "replay %d is done, so there is nothing to resume. Start a new one.".formatted(id));
            }
            Plan plan = feed.planAgain(job.plan(), operator);
            show(plan, manner.acceptGap(), operator);
            Run run = new Run(feed, plan, manner.speed(), operator, stop);
            operator.confirm("Resume replay %d, up to %,d records?".formatted(id, plan.remaining()), manner.yes());
            transactions.executeWithoutResult(transaction -> journal.resume(job, plan, Requester.name()));
            return toItsEnd(
                    id, feed, run, writer(feed, lock, id, job.attempt() + 1, job.checkpoints()), job.tally(), operator);
        }
    }

    /** Shows the newest replays. */
    public void list(int limit, Operator operator) {
        journal.refuseUnmigrated();
        List<Job> newest = jobs.newest(limit);
        if (newest.isEmpty()) {
            operator.say("no replays yet");
        }
        String headings = Job.HEADINGS + System.lineSeparator();
        for (Job job : newest) {
            operator.show("replay", job.asMap(), headings + job);
            headings = "";
        }
    }

    /**
     * Compares what is selected with the tables, and writes nothing.
     *
     * @param acceptRejected whether tables can hold it that lack what is rejected
     * @return whether it was read to its end and nothing is missing, stale or, unless that is accepted, rejected
     */
    public boolean verify(
            String name,
            Selection selection,
            Speed speed,
            boolean acceptGap,
            boolean acceptRejected,
            Operator operator,
            StopSignal stop) {
        try (OpenFeed feed = feeds.open(name, operator)) {
            journal.refuseUnmigrated();
            Plan plan = feed.plan(selection, operator);
            show(plan, acceptGap, operator);
            Run run = new Run(feed, plan, speed, operator, stop);
            Comparison comparison = new Comparison(feed.processor(), transactions, database);
            return new Verify(name, run, comparison, acceptRejected, operator).holds();
        }
    }

    private boolean toItsEnd(
            long id, OpenFeed feed, Run run, CommitWithCheckpoint writer, Tally before, Operator operator) {
        operator.about("replay", id);
        operator.say("replay %d begins".formatted(id));
        Run.Ending ending;
        try {
            ending = run.with(writer, before);
            journal.end(id, writer.attempt(), ending.finished() ? "done" : "stopped", null);
        } catch (RuntimeException e) {
            noteFailure(id, writer, e, operator);
            throw e;
        }
        summary(id, feed, ending, operator);
        if (!ending.finished()) {
            operator.say(resumeHint(id));
        }
        return ending.finished();
    }

    private void noteFailure(long id, CommitWithCheckpoint writer, RuntimeException fault, Operator operator) {
        try {
            journal.end(id, writer.attempt(), "failed", fault.getMessage());
        } catch (RuntimeException e) {
            operator.say("the audit row could not be written; `replay list` will show it as interrupted");
        }
        operator.say(resumeHint(id));
    }

    private boolean dryRun(OpenFeed feed, Run run, Operator operator) {
        try (TryOut tryOut = new TryOut(feed.processor(), transactions, database)) {
            Run.Ending ending = run.with(tryOut, new Tally());
            summary(null, feed, ending, operator);
            return ending.finished();
        }
    }

    private CommitWithCheckpoint writer(OpenFeed feed, FeedLock lock, long id, int attempt, long checkpoints) {
        return new CommitWithCheckpoint(feed.processor(), journal, jobs, transactions, lock, id, attempt, checkpoints);
    }

    private Job job(long id) {
        return jobs.find(id)
                .orElseThrow(() -> new RefusedException("there is no replay %d. See `replay list`.".formatted(id)));
    }

    private static void show(Plan plan, boolean acceptGap, Operator operator) {
        operator.show("plan", plan.asMap(), plan.toString());
        if (plan.gap() > 0 && !acceptGap) {
            throw new RefusedException(
                    "retention has deleted up to %,d records of this range, of partition %s. Choose a later start, or --partitions without %s, or add --accept-gap to go on with the rest."
                            .formatted(plan.gap(), plan.cut(), plan.cut().size() == 1 ? "it" : "them"));
        }
    }

    private static String resumeHint(long id) {
        return "To go on from the checkpoint: replay --resume %d".formatted(id);
    }

    /** @param id null for a dry run */
    private static void summary(@Nullable Long id, OpenFeed feed, Run.Ending ending, Operator operator) {
        Tally tally = ending.tally();
        String status = ending.finished() ? "done" : "stopped";
        Map<String, Object> object = new LinkedHashMap<>();
        if (id != null) {
            object.put("replay", id);
        }
        object.put("feed", feed.name());
        object.put("status", status);
        object.put("dry_run", id == null);
        object.putAll(tally.asMap());
        operator.show(
                "end",
                object,
                "%s: %,d records: %s"
                        .formatted(
                                id != null
                                        ? "replay %d %s".formatted(id, status)
                                        : "dry run, " + (ending.finished() ? "nothing was changed" : "stopped"),
                                tally.records(),
                                tally));
        if (tally.rejected() > 0) {
            operator.say(
                    "%,d records were rejected %s and only counted. `dead-letters list` shows those that were rejected when they were first consumed; the others, stored before and refused now, have no dead letter: mend the cause, such as a missing organization, and replay again."
                            .formatted(tally.rejected(), tally.rejections()));
        }
    }
}

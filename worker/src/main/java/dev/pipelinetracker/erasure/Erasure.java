package dev.pipelinetracker.erasure;

import dev.pipelinetracker.database.Blinding;
import dev.pipelinetracker.engine.Processors;
import dev.pipelinetracker.engine.WorldFault;
import dev.pipelinetracker.replay.FailedException;
import dev.pipelinetracker.replay.Feeds;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.Patience;
import dev.pipelinetracker.replay.RefusedException;
import dev.pipelinetracker.replay.Requester;
import dev.pipelinetracker.replay.StopSignal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.springframework.context.annotation.Import;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What the command {@code tenant erase} does: deletes an organization's rows in chunks that are each a transaction, then the
 * rest and the organization itself in one, then sees to it that its dead letters are not offered again, and tells what
 * remains in Kafka. Without its row in {@code organizations} no event, replayed or new, brings a row back. Once it has begun, a
 * database or broker that is away is waited for. What was deleted before a stop or a fault stays deleted; another run goes on.
 * Not found by the component scan.
 */
@Import(Feeds.class)
public class Erasure {

    private static final int CHUNK = 2_000;
    private static final String ADVICE = "run the same command again: what is gone is gone";

    private final Feeds feeds;
    private final Processors processors;
    private final DataSource database;
    private final ErasureJournal journal;
    private final TransactionTemplate transactions;

    Erasure(Feeds feeds, Processors processors, DataSource database) {
        this.feeds = feeds;
        this.processors = processors;
        this.database = database;
        this.journal = new ErasureJournal(database);
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(database));
    }

    /**
     * What is to be done.
     *
     * @param reason for the audit row
     * @param dryRun count and show, and change nothing
     * @param yes do not ask
     */
    public record Request(UUID organization, @Nullable String reason, boolean dryRun, boolean yes) {}

    /**
     * Shows what would go, asks, and erases it.
     *
     * @return whether it came to its end; false if it was stopped
     * @throws RefusedException before anything is changed: nobody knows the organization, a replay or redrive is running,
     *     or nobody said yes
     * @throws dev.pipelinetracker.database.DatabaseRefusedException if row-level security hides all rows from this login
     * @throws FailedException if it did not come to its end, for a reason that it names
     */
    public boolean run(Request request, Operator operator, StopSignal stop) {
        journal.refuseUnmigrated();
        new Blinding(JdbcClient.create(database)).refuseThisLogin();
        UUID organization = request.organization();
        List<String> tables = processors.all().stream()
                .map(processor -> processor.feed().upsert().table())
                .sorted()
                .toList();
        TenantRows rows = new TenantRows(database, organization, tables);
        try (TenantTopics topics = new TenantTopics(feeds, processors, database, organization, operator)) {
            RowCounts there = rows.count();
            List<Remains> letters = topics.ofDeadLetters();
            if (there.all() == 0 && letters.isEmpty() && !journal.knows(organization)) {
                throw new RefusedException("there is no organization %s, and no row or dead letter of one. Check --org."
                        .formatted(organization));
            }
            show(request, there, letters, operator);
            if (request.dryRun()) {
                tellRemains(letters, topics, operator);
                return true;
            }
            operator.confirm("Erase organization %s for good?".formatted(organization), request.yes());
            topics.lock();
            stop.workBegins();
            return erase(request, tables, rows, topics, operator, stop);
        }
    }

    private boolean erase(
            Request request,
            List<String> tables,
            TenantRows rows,
            TenantTopics topics,
            Operator operator,
            StopSignal stop) {
        String by = Requester.name();
        long id = journal.begin(request.organization(), by, request.reason());
        Run run = new Run(id, rows, topics, new Patience(operator, stop), stop);
        String status;
        long settled;
        try {
            tables.forEach(run::deleteChunks);
            run.deleteRest();
            run.settle(by);
            status = run.finished && !stop.isWanted() ? "done" : "stopped";
            settled = run.end(status);
        } catch (RuntimeException e) {
            noteFailure(id, e, operator);
            throw e;
        }
        if (status.equals("done")) {
            tellRemains(topics, operator);
        }
        Map<String, Object> end = new LinkedHashMap<>(Map.of("erasure", id, "status", status, "letters", settled));
        end.put("deleted", run.deleted.rows());
        operator.show(
                "end",
                end,
                "erasure %d %s: deleted %s; %,d dead letters will not be offered again"
                        .formatted(id, status, run.deleted, settled));
        if (status.equals("stopped")) {
            operator.say("To go on: " + ADVICE);
        }
        return status.equals("done");
    }

    private void noteFailure(long id, RuntimeException fault, Operator operator) {
        try {
            long unusedLetters = journal.end(id, "failed", fault.getMessage());
        } catch (RuntimeException e) {
            operator.say("the audit row could not be written; tracker.erasures will show erasure %d as running"
                    .formatted(id));
        }
    }

    private static void show(Request request, RowCounts there, List<Remains> letters, Operator operator) {
        long count = letters.stream()
                .mapToLong(topic -> Objects.requireNonNullElse(topic.records(), 0L))
                .sum();
        Map<String, Object> plan = new LinkedHashMap<>();
        plan.put("organization", request.organization().toString());
        plan.put("rows", there.rows());
        plan.put("letters", count);
        plan.put("dry_run", request.dryRun());
        operator.show(
                "plan",
                plan,
                "%s %s: %s; %,d dead letters"
                        .formatted(
                                request.dryRun() ? "would erase" : "organization",
                                request.organization(),
                                there,
                                count));
    }

    private static void tellRemains(TenantTopics topics, Operator operator) {
        try {
            tellRemains(topics.ofDeadLetters(), topics, operator);
        } catch (FailedException e) {
            operator.say(
                    "Kafka deletes no single record. What remains there could not be asked: %s With --dry-run it is asked again."
                            .formatted(e.getMessage()));
        }
    }

    private static void tellRemains(List<Remains> letters, TenantTopics topics, Operator operator) {
        operator.say("Kafka deletes no single record. What remains there:");
        letters.forEach(topic -> operator.show("remains", topic.asMap(), topic.toString()));
        topics.ofEvents().forEach(topic -> operator.show("remains", topic.asMap(), topic.toString()));
    }

    /** One run: how far it is. Each of its methods does nothing more once a stop is wanted. */
    private final class Run {

        private final long id;
        private final TenantRows rows;
        private final TenantTopics topics;
        private final Patience patience;
        private final StopSignal stop;
        private RowCounts deleted = RowCounts.NONE;
        private boolean isDoubtful;
        private boolean finished;

        Run(long id, TenantRows rows, TenantTopics topics, Patience patience, StopSignal stop) {
            this.id = id;
            this.rows = rows;
            this.topics = topics;
            this.patience = patience;
            this.stop = stop;
        }

        void deleteChunks(String table) {
            long rowsOfChunk = CHUNK;
            while (rowsOfChunk == CHUNK && !stop.isWanted()) {
                long start = System.nanoTime();
                rowsOfChunk = patiently(() -> commit(() -> rows.deleteSome(table, CHUNK)))
                        .map(RowCounts::all)
                        .orElse(0L);
                if (rowsOfChunk == CHUNK) {
                    // half of the time is live traffic's
                    stop.sleep(Duration.ofNanos(System.nanoTime() - start));
                }
            }
        }

        void deleteRest() {
            if (stop.isWanted()) {
                return;
            }
            try {
                finished = patiently(() -> commit(rows::deleteRest)).isPresent();
            } catch (DataIntegrityViolationException e) {
                throw new FailedException(
                        "%s still refers to the organization. Delete its rows there, then %s."
                                .formatted(referringTable(e), ADVICE),
                        e);
            }
        }

        void settle(String by) {
            if (finished && !stop.isWanted()) {
                finished = patiently(() -> {
                            topics.keepLocks();
                            topics.settle(by, ErasureJournal.reasonOf(id), stop);
                            return true;
                        })
                        .isPresent();
            }
        }

        /** Also when a stop is wanted: how many letters it settled; 0 if the database is away by then. */
        long end(String status) {
            return patiently(() -> journal.end(id, status, null)).orElse(0L);
        }

        /** Deletes and notes it in one transaction, so that what is noted was deleted, whether or not we hear of the commit. */
        private RowCounts commit(Supplier<RowCounts> deletion) {
            RowCounts[] done = {RowCounts.NONE};
            boolean afterFault = isDoubtful;
            isDoubtful = true;
            if (afterFault) {
                topics.keepLocks();
            }
            RowCounts sum = Objects.requireNonNull(transactions.execute(transaction -> {
                RowCounts before = afterFault ? journal.deletedSoFar(id) : deleted;
                done[0] = deletion.get();
                journal.deleted(id, before.plus(done[0]));
                return before.plus(done[0]);
            }));
            deleted = sum;
            isDoubtful = false;
            return done[0];
        }

        /** Again while the world is at fault; empty if a stop is wanted first. */
        private <T> Optional<T> patiently(Supplier<T> work) {
            while (true) {
                try {
                    T done = work.get();
                    patience.reward();
                    return Optional.of(done);
                } catch (DataIntegrityViolationException e) {
                    throw e;
                } catch (RuntimeException fault) {
                    patience.await(passing(fault), ADVICE);
                    if (stop.isWanted()) {
                        return Optional.empty();
                    }
                }
            }
        }
    }

    /** A broker that does not answer is a fault that may pass, as a database is. */
    private static RuntimeException passing(RuntimeException fault) {
        return fault instanceof FailedException
                        && (fault.getCause() instanceof RetriableException
                                || fault.getCause() instanceof TimeoutException)
                ? new WorldFault(WorldFault.Cause.BROKER, String.valueOf(fault.getMessage()), fault)
                : fault;
    }

    private static String referringTable(DataIntegrityViolationException fault) {
        ServerErrorMessage message = NestedExceptionUtils.getMostSpecificCause(fault) instanceof PSQLException refused
                ? refused.getServerErrorMessage()
                : null;
        return message == null || message.getTable() == null
                ? "another table"
                : message.getSchema() + "." + message.getTable();
    }
}

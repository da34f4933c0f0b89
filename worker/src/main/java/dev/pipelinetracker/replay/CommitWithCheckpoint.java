package dev.pipelinetracker.replay;

import dev.pipelinetracker.engine.Processor;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.transaction.support.TransactionTemplate;

/** Commits a batch's rows and the replay's checkpoint together, so that a resumed replay equals an uninterrupted one. */
final class CommitWithCheckpoint implements BatchWriter {

    private final Processor<?, ?> processor;
    private final Journal journal;
    private final Jobs jobs;
    private final TransactionTemplate transactions;
    private final FeedLock lock;
    private final long id;
    private final int attempt;
    private long checkpoints;

    CommitWithCheckpoint(
            Processor<?, ?> processor,
            Journal journal,
            Jobs jobs,
            TransactionTemplate transactions,
            FeedLock lock,
            long id,
            int attempt,
            long checkpoints) {
        this.processor = processor;
        this.journal = journal;
        this.jobs = jobs;
        this.transactions = transactions;
        this.lock = lock;
        this.id = id;
        this.attempt = attempt;
        this.checkpoints = checkpoints;
    }

    @Override
    public void write(List<ConsumerRecord<byte[], byte[]>> records, Position reached) {
        lock.keep();
        transactions.executeWithoutResult(transaction -> {
            if (!records.isEmpty()) {
                // their dead letters are there since they were first consumed, with the same coordinates
                reached.tally().add(processor.process(records, rejected -> {}));
            }
            journal.checkpoint(id, attempt, checkpoints, reached.next(), reached.tally());
        });
        checkpoints++;
    }

    @Override
    public Position durable(Position reached) {
        lock.keep();
        Job job = jobs.find(id)
                .orElseThrow(
                        () -> new FailedException("replay %d is gone from tracker.replays. Start anew.".formatted(id)));
        checkpoints = job.checkpoints();
        return new Position(job.plan().next(), job.tally());
    }

    @Override
    public String advice() {
        return "go on from the checkpoint";
    }

    /** The replay's, for as long as it is ours. */
    int attempt() {
        return attempt;
    }
}

package dev.pipelinetracker.replay;

import dev.pipelinetracker.engine.Processor;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.transaction.support.TransactionTemplate;

/** Commits a batch's rows and the replay's checkpoint together, so that a resumed replay equals an uninterrupted one. */
final class CommitWithCheckpoint implements BatchWriter {

    private final Processor<?, ?> processor;
    private final Journal journal;
    private final TransactionTemplate transactions;
    private final FeedLock lock;
    private final long id;
    private long checkpoints;

    CommitWithCheckpoint(
            Processor<?, ?> processor,
            Journal journal,
            TransactionTemplate transactions,
            FeedLock lock,
            long id,
            long checkpoints) {
        this.processor = processor;
        this.journal = journal;
        this.transactions = transactions;
        this.lock = lock;
        this.id = id;
        this.checkpoints = checkpoints;
    }

    @Override
    public void write(List<ConsumerRecord<byte[], byte[]>> records, Position reached) {
        keepLock();
        transactions.executeWithoutResult(transaction -> {
            if (!records.isEmpty()) {
                // their dead letters are there since they were first consumed, with the same coordinates
                reached.tally().add(processor.process(records, rejected -> {}));
            }
            journal.checkpoint(id, checkpoints, reached.next(), reached.tally());
        });
        checkpoints++;
    }

    @Override
    public Position restore() {
        keepLock();
        Job job = journal.find(id)
                .orElseThrow(
                        () -> new FailedException("replay %d is gone from tracker.replays. Start anew.".formatted(id)));
        checkpoints = job.checkpoints();
        Map<Integer, Long> next = new TreeMap<>();
        job.plan().ranges().forEach(range -> next.put(range.partition(), range.next()));
        return new Position(next, job.tally());
    }

    /** Batches committed so far. */
    long checkpoints() {
        return checkpoints;
    }

    private void keepLock() {
        try {
            lock.keep();
        } catch (SQLException e) {
            throw new DataAccessResourceFailureException("the lock's connection is lost", e);
        }
    }
}

package dev.pipelinetracker.replay;

import dev.pipelinetracker.engine.Processor;
import java.util.List;
import javax.sql.DataSource;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Writes each batch as a replay would, and rolls it back. So a row that two batches touch is counted twice as the database
 * stands now; a replay would count the second as updated or unchanged.
 */
final class RollBack implements BatchWriter {

    private final Processor<?, ?> processor;
    private final TransactionTemplate transactions;
    private final StandInSequence sequence;

    RollBack(Processor<?, ?> processor, TransactionTemplate transactions, DataSource database) {
        this.processor = processor;
        this.transactions = transactions;
        this.sequence = new StandInSequence(
                JdbcClient.create(database), processor.feed().upsert().table());
    }

    @Override
    public void write(List<ConsumerRecord<byte[], byte[]>> records, Position reached) {
        if (records.isEmpty()) {
            return;
        }
        transactions.executeWithoutResult(transaction -> {
            transaction.setRollbackOnly();
            sequence.create();
            reached.tally().add(processor.process(records, rejected -> {}));
        });
    }

    @Override
    public Position restore() {
        throw new FailedException("a dry run is not resumed. Run it again.");
    }
}

package dev.pipelinetracker.replay;

import dev.pipelinetracker.engine.Outcome;
import dev.pipelinetracker.engine.Processor;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** Tells what the engine would make of records, in a transaction that is rolled back and uses no sequence value. */
public final class TryOut {

    private final Processor<?, ?> processor;
    private final TransactionTemplate transactions;
    private final StandInSequence sequence;

    /** By that engine, in that database. */
    public TryOut(Processor<?, ?> processor, TransactionTemplate transactions, DataSource database) {
        this.processor = processor;
        this.transactions = transactions;
        this.sequence = new StandInSequence(
                JdbcClient.create(database), processor.feed().upsert().table());
    }

    /** One outcome per record, in the order given. */
    public List<Outcome> outcomes(List<ConsumerRecord<byte[], byte[]>> records) {
        if (records.isEmpty()) {
            return List.of();
        }
        return Objects.requireNonNull(transactions.execute(transaction -> {
            transaction.setRollbackOnly();
            sequence.create();
            return processor.process(records, rejected -> {});
        }));
    }
}

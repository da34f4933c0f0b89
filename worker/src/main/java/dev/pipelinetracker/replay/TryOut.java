package dev.pipelinetracker.replay;

import dev.pipelinetracker.engine.Outcome;
import dev.pipelinetracker.engine.Processor;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Tells what the engine would make of records, batch after batch as if each were stored, and changes nothing: all is written
 * to a {@link StandIn} that lasts until this is closed. Of the real table it only reads the rows that the records are about,
 * each once. It keeps a session of its own for the thread that made it, and is for that thread alone.
 */
public final class TryOut implements BatchWriter, AutoCloseable {

    private static final int ANSWER_SECONDS = 5;

    private final Processor<?, ?> processor;
    private final TransactionTemplate transactions;
    private final DataSource database;
    private final Connection session;
    private final JdbcClient sql;
    private final StandIn standIn;
    private final String table;
    private final String identity;

    /** Opens the session; throws DataAccessResourceFailureException if the database is away. */
    public TryOut(Processor<?, ?> processor, TransactionTemplate transactions, DataSource database) {
        this.processor = processor;
        this.transactions = transactions;
        this.database = database;
        this.table = processor.feed().upsert().table();
        this.sql = JdbcClient.create(database);
        this.standIn = new StandIn(sql, table);
        try {
            this.session = database.getConnection();
        } catch (SQLException e) {
            throw new DataAccessResourceFailureException("the database does not answer: " + e.getSQLState(), e);
        }
        // whatever this thread asks of the database from now on it asks in this session
        TransactionSynchronizationManager.bindResource(database, new ConnectionHolder(session));
        boolean isOpen = false;
        try {
            standIn.create();
            this.identity = standIn.identity();
            isOpen = true;
        } finally {
            if (!isOpen) {
                close();
            }
        }
    }

    /**
     * One outcome per record, in the order given.
     *
     * @throws FailedException if the session was lost, and with it what the records before have come to
     */
    public List<Outcome> outcomes(List<ConsumerRecord<byte[], byte[]>> records) {
        refuseLostSession();
        if (records.isEmpty()) {
            return List.of();
        }
        return Objects.requireNonNull(transactions.execute(transaction -> {
            standIn.comeFirst();
            Long[] real = realRowsOfNewOnes(records, transaction);
            sql.sql("INSERT INTO pg_temp.%1$s SELECT * FROM public.%1$s WHERE id = ANY (?)".formatted(table))
                    .param(real)
                    .update();
            return processor.process(records, rejected -> {});
        }));
    }

    /** The ids of the real rows that these records are about and that were not put in the stand-in yet. */
    private Long[] realRowsOfNewOnes(List<ConsumerRecord<byte[], byte[]>> records, TransactionStatus transaction) {
        long lowest = sql.sql("SELECT least(min(id), 0) FROM pg_temp." + table)
                .query(Long.class)
                .single();
        Object before = transaction.createSavepoint();
        processor.process(records, rejected -> {});
        // LIMIT keeps the planner, which knows nothing of a temporary table's size, from reading all of the real one
        Long[] real = sql.sql("""
                        SELECT present.id FROM pg_temp.%1$s o
                        CROSS JOIN LATERAL (SELECT p.id FROM public.%1$s p WHERE %2$s LIMIT 1) present
                        WHERE o.id < ?
                        """.formatted(table, identity))
                .param(lowest)
                .query(Long.class)
                .list()
                .toArray(Long[]::new);
        transaction.rollbackToSavepoint(before);
        transaction.releaseSavepoint(before);
        return real;
    }

    @Override
    public void write(List<ConsumerRecord<byte[], byte[]>> records, Position reached) {
        reached.tally().add(outcomes(records));
    }

    @Override
    public String advice() {
        return "run it again";
    }

    /** Closes the session's part: the pool gets its connection back without the stand-in. */
    @Override
    public void close() {
        TransactionSynchronizationManager.unbindResource(database);
        try (session;
                var statement = session.createStatement()) {
            statement.execute("DISCARD TEMP");
        } catch (SQLException e) {
            // a lost session has lost its temporary tables
            return;
        }
    }

    private void refuseLostSession() {
        try {
            if (session.isValid(ANSWER_SECONDS)) {
                return;
            }
        } catch (SQLException e) {
            throw new IllegalStateException("isValid() throws for a negative time-out only", e);
        }
        throw new FailedException(
                "the database cut the session that the dry run needs from its begin to its end. Nothing was changed; run it again.");
    }
}

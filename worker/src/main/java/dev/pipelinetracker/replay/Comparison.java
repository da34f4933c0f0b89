package dev.pipelinetracker.replay;

import dev.pipelinetracker.engine.Outcome;
import dev.pipelinetracker.engine.Outcome.Rejected;
import dev.pipelinetracker.engine.Outcome.Stored;
import dev.pipelinetracker.engine.Processor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Compares events with rows by the feed's own statement, let loose on a {@link StandIn} that holds the rows that the batch's
 * events are about, and goes with the transaction. So nothing of the real table is locked or written. What is counted are
 * rows, by the newest event of each batch.
 */
final class Comparison implements BatchWriter {

    private final Processor<?, ?> processor;
    private final TransactionTemplate transactions;
    private final JdbcClient sql;
    private final StandIn standIn;
    private final String table;
    private long missing;
    private long stale;
    private long equal;
    private long newer;
    private long overtaken;

    /** Of a batch: its rows, and of those the missing, the stale and the equal ones; and its rejections. */
    private record Compared(long rows, long missing, long stale, long equal, List<Outcome> rejected) {}

    Comparison(Processor<?, ?> processor, TransactionTemplate transactions, DataSource database) {
        this.processor = processor;
        this.transactions = transactions;
        this.sql = JdbcClient.create(database);
        this.table = processor.feed().upsert().table();
        this.standIn = new StandIn(sql, table);
    }

    @Override
    public void write(List<ConsumerRecord<byte[], byte[]>> records, Position reached) {
        if (records.isEmpty()) {
            return;
        }
        Compared batch = Objects.requireNonNull(transactions.execute(transaction -> {
            transaction.setRollbackOnly();
            return compare(records);
        }));
        missing += batch.missing();
        stale += batch.stale();
        equal += batch.equal();
        newer += batch.rows() - batch.missing() - batch.equal() - batch.stale();
        overtaken += records.size() - batch.rejected().size() - batch.rows();
        reached.tally().add(batch.rejected());
    }

    private Compared compare(List<ConsumerRecord<byte[], byte[]>> records) {
        standIn.create();
        standIn.comeFirst();
        List<Outcome> offered = processor.process(records, rejected -> {});
        long rows = fetchTheirRows();
        long same = count("""
                SELECT count(*) FROM tracker_offered o JOIN pg_temp.%1$s p ON %2$s
                WHERE to_jsonb(p) - '{id,created_at}'::text[] = to_jsonb(o) - '{id,created_at}'::text[]
                """.formatted(table, standIn.identity()));
        List<Outcome> compared = processor.process(records, rejected -> {});
        return new Compared(
                rows,
                count(compared, Stored.INSERTED),
                count(compared, Stored.UPDATED),
                same,
                offered.stream().filter(Rejected.class::isInstance).toList());
    }

    @Override
    public String advice() {
        return "run it again";
    }

    long missing() {
        return missing;
    }

    long stale() {
        return stale;
    }

    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("missing", missing);
        map.put("stale", stale);
        map.put("equal", equal);
        map.put("newer", newer);
        map.put("overtaken", overtaken);
        return map;
    }

    @Override
    public String toString() {
        return "%,d missing, %,d stale, %,d equal, %,d newer in the table; %,d events were overtaken in their batch"
                .formatted(missing, stale, equal, newer, overtaken);
    }

    /** Puts the real rows in the place of the offered ones; how many were offered. */
    private long fetchTheirRows() {
        long rows = sql.sql("CREATE TEMPORARY TABLE tracker_offered AS SELECT * FROM pg_temp.%s".formatted(table))
                .update();
        sql.sql("DELETE FROM pg_temp.%s".formatted(table)).update();
        sql.sql("INSERT INTO pg_temp.%1$s SELECT p.* FROM tracker_offered o JOIN public.%1$s p ON %2$s"
                        .formatted(table, standIn.identity()))
                .update();
        return rows == 0 ? count("SELECT count(*) FROM tracker_offered") : rows;
    }

    private long count(String query) {
        return sql.sql(query).query(Long.class).single();
    }

    private static long count(List<Outcome> outcomes, Stored wanted) {
        return outcomes.stream().filter(outcome -> outcome == wanted).count();
    }
}

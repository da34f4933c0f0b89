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
 * Compares events with rows by the feed's own statement, let loose on a temporary table of the same name: that is found
 * before the real one, holds the rows that the batch's events are about, and goes with the transaction. So nothing of the
 * real table is locked or written. What is counted are rows, by the newest event of each batch.
 */
final class Comparison implements BatchWriter {

    private final Processor<?, ?> processor;
    private final TransactionTemplate transactions;
    private final JdbcClient sql;
    private final StandInSequence sequence;
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
        this.sequence = new StandInSequence(sql, table);
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
        standIn();
        List<Outcome> offered = processor.process(records, rejected -> {});
        long rows = fetchTheirRows();
        long same = count("""
                SELECT count(*) FROM tracker_offered o JOIN pg_temp.%1$s p ON %2$s
                WHERE to_jsonb(p) - '{id,created_at}'::text[] = to_jsonb(o) - '{id,created_at}'::text[]
                """.formatted(table, identity()));
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

    private void standIn() {
        sql.sql("CREATE TEMPORARY TABLE %1$s (LIKE public.%1$s INCLUDING ALL)".formatted(table))
                .update();
        sequence.create();
        boolean isFound = sql.sql("SELECT '%1$s'::regclass = 'pg_temp.%1$s'::regclass".formatted(table))
                .query(Boolean.class)
                .single();
        if (!isFound) {
            throw new RefusedException(
                    "this role's search_path puts pg_temp last. Run it with a role that has the default one.");
        }
    }

    /** Puts the real rows in the place of the offered ones; how many were offered. */
    private long fetchTheirRows() {
        long rows = sql.sql("CREATE TEMPORARY TABLE tracker_offered AS SELECT * FROM pg_temp.%s".formatted(table))
                .update();
        sql.sql("DELETE FROM pg_temp.%s".formatted(table)).update();
        sql.sql("INSERT INTO pg_temp.%1$s SELECT p.* FROM tracker_offered o JOIN public.%1$s p ON %2$s"
                        .formatted(table, identity()))
                .update();
        return rows == 0 ? count("SELECT count(*) FROM tracker_offered") : rows;
    }

    /** The columns of the unique index that is not the primary key's: what identifies a row. */
    private String identity() {
        return sql.sql("""
                        SELECT string_agg(format(CASE WHEN a.attnotnull THEN 'p.%1$I = o.%1$I'
                                                      ELSE '(p.%1$I = o.%1$I OR p.%1$I IS NULL AND o.%1$I IS NULL)' END,
                                                 a.attname), ' AND ')
                        FROM pg_index i
                        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                        WHERE i.indrelid = ('public.' || ?)::regclass AND i.indisunique AND NOT i.indisprimary
                        """).param(table).query(String.class).single();
    }

    private long count(String query) {
        return sql.sql(query).query(Long.class).single();
    }

    private static long count(List<Outcome> outcomes, Stored wanted) {
        return outcomes.stream().filter(outcome -> outcome == wanted).count();
    }
}

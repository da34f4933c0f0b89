package dev.pipelinetracker.listen;

import dev.pipelinetracker.engine.WorldFault;
import dev.pipelinetracker.engine.WorldFault.Cause;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongConsumer;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.BadSqlGrammarException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A feed's {@link Gap}s: each is logged and counted when it is found, and goes on record in {@code tracker.offset_gaps}
 * before an offset behind it is committed. Safe for several threads.
 */
final class Gaps {

    private static final Logger log = LoggerFactory.getLogger(Gaps.class);

    private final String feed;
    private final LongConsumer lost;
    private final JdbcClient database;
    private final Queue<Gap> unrecorded = new ConcurrentLinkedQueue<>();
    private volatile boolean mayNotRecord;

    /** Of that feed; {@code lost} counts the offsets of each. */
    Gaps(String feed, LongConsumer lost, DataSource database) {
        this.feed = feed;
        this.lost = lost;
        this.database = JdbcClient.create(database);
    }

    /** Logs and counts it, and remembers that it is to be recorded. */
    void found(Gap gap) {
        log.error("{}: {}", feed, gap);
        lost.accept(gap.offsets());
        unrecorded.add(gap);
    }

    /** Whether all that were found are on record, as far as they may be. */
    boolean areRecorded() {
        return mayNotRecord || unrecorded.isEmpty();
    }

    /**
     * Returns when all are on record. Where the worker's role may not write the table, that is logged once, and nobody
     * waits for it, though it is tried again each time: the log has the gap.
     *
     * @throws WorldFault while the database is away, read-only, or does not take it for another reason that passes
     */
    void record() {
        for (Gap gap = unrecorded.peek(); gap != null; gap = unrecorded.peek()) {
            try {
                insert(gap);
                unrecorded.remove(gap);
                mayNotRecord = false;
            } catch (BadSqlGrammarException | DataIntegrityViolationException e) {
                if (!mayNotRecord) {
                    mayNotRecord = true;
                    log.error(
                            "{}: gaps are in this log only: grant INSERT on tracker.offset_gaps, or run migrate; {}",
                            feed,
                            e.getMostSpecificCause().getMessage());
                }
                return;
            } catch (DataAccessException e) {
                throw new WorldFault(Cause.DATABASE_AWAY, "recording a gap in the offsets", e);
            }
        }
    }

    private void insert(Gap gap) {
        database.sql("""
                        INSERT INTO tracker.offset_gaps (feed, topic, partition, from_offset, to_offset, reason)
                        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                        """)
                .params(
                        feed,
                        gap.partition().topic(),
                        gap.partition().partition(),
                        gap.from(),
                        gap.to(),
                        gap.why().label())
                .update();
    }
}

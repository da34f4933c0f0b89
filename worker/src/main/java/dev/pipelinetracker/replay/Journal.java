package dev.pipelinetracker.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pipelinetracker.engine.Outcome.Stored;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Writes the audit rows and checkpoints of {@code tracker.replays}: who, when, why, what, how far, how it ended. */
final class Journal {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final JdbcClient sql;

    Journal(DataSource database) {
        this.sql = JdbcClient.create(database);
    }

    /** Throws RefusedException if this database was not migrated for replays. */
    void refuseUnmigrated() {
        boolean migrated = sql.sql("""
                        SELECT count(*) = 3 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = 'tracker' AND c.relname IN ('replays', 'replay_partitions', 'redriven')
                        """).query(Boolean.class).single();
        if (!migrated) {
            throw new RefusedException(
                    "the database lacks tracker.replays: it was not migrated to version 3. Run `migrate` first, or a serve of this version.");
        }
    }

    /** Call it with the feed's lock: whoever ran its replays that are not ended is gone. */
    void stopAbandoned(String feed) {
        sql.sql("""
                        UPDATE tracker.replays SET status = 'stopped', failure = 'its process has gone', ended_at = updated_at
                        WHERE feed = ? AND status = 'running'
                        """).param(feed).update();
    }

    /** Writes the audit row of a replay that begins; call it in a transaction. */
    long begin(Plan plan, String requestedBy, @Nullable String reason) {
        Selection selection = plan.selection();
        long id = sql.sql("""
                        INSERT INTO tracker.replays
                          (feed, topic, topic_id, requested_by, reason, from_time, to_time, organizations, sources)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?::uuid[], ?::text[])
                        RETURNING id
                        """)
                .params(Arrays.asList(
                        plan.feed(),
                        plan.topic(),
                        plan.topicId(),
                        requestedBy,
                        reason,
                        utc(selection.from()),
                        utc(selection.to()),
                        selection.organizations().stream().map(UUID::toString).toArray(String[]::new),
                        selection.sources().toArray(String[]::new)))
                .query(Long.class)
                .single();
        for (PartitionRange range : plan.ranges()) {
            sql.sql("INSERT INTO tracker.replay_partitions VALUES (?, ?, ?, ?, ?, ?)")
                    .params(id, range.partition(), range.first(), range.end(), range.next(), range.gap())
                    .update();
        }
        return id;
    }

    /** Writes the audit row of a redrive of that topic, which is over. */
    void redriven(String feed, String topic, String topicId, Tally tally, String status, String by) {
        sql.sql("""
                        INSERT INTO tracker.replays
                          (feed, topic, topic_id, requested_by, status, ended_at, skipped, inserted, updated, unchanged, rejected)
                        VALUES (?, ?, ?, ?, ?, now(), ?, ?, ?, ?, ?::jsonb)
                        """)
                .params(
                        feed,
                        topic,
                        topicId,
                        by,
                        status,
                        tally.skipped(),
                        tally.of(Stored.INSERTED),
                        tally.of(Stored.UPDATED),
                        tally.of(Stored.UNCHANGED),
                        json(tally.rejections()))
                .update();
    }

    /**
     * Notes that a replay goes on, who does it, and what it lost to retention meanwhile; call it in a transaction.
     *
     * @param job as the plan was made of it
     * @throws RefusedException if another process has gone on with it since: roll back
     */
    void resume(Job job, Plan plan, String by) {
        int updated = sql.sql("""
                        UPDATE tracker.replays
                        SET status = 'running', resumed = resumed + 1, failure = NULL, ended_at = NULL, updated_at = now(),
                            requested_by = requested_by || ', resumed by ' || ?
                        WHERE id = ? AND resumed = ? AND checkpoints = ?
                        """)
                .params(by, job.id(), job.attempt(), job.checkpoints())
                .update();
        requireOwner(updated, job.id());
        for (PartitionRange range : plan.ranges()) {
            sql.sql("""
                            UPDATE tracker.replay_partitions SET next_offset = ?, gap_records = gap_records + ?
                            WHERE replay_id = ? AND partition = ?
                            """)
                    .params(range.next(), range.gap(), job.id(), range.partition())
                    .update();
        }
    }

    /**
     * Writes how far the replay has come; call it in the transaction of the rows.
     *
     * @param attempt of whoever writes it
     * @param checkpoints how many were written before
     * @throws RefusedException if another process has gone on with it since: roll back
     */
    void checkpoint(long id, int attempt, long checkpoints, Map<Integer, Long> next, Tally tally) {
        int updated = sql.sql("""
                        UPDATE tracker.replays
                        SET checkpoints = checkpoints + 1, updated_at = now(), skipped = ?, inserted = ?, updated = ?,
                            unchanged = ?, rejected = ?::jsonb
                        WHERE id = ? AND status = 'running' AND resumed = ? AND checkpoints = ?
                        """)
                .params(
                        tally.skipped(),
                        tally.of(Stored.INSERTED),
                        tally.of(Stored.UPDATED),
                        tally.of(Stored.UNCHANGED),
                        json(tally.rejections()),
                        id,
                        attempt,
                        checkpoints)
                .update();
        requireOwner(updated, id);
        sql.sql("""
                        UPDATE tracker.replay_partitions p SET next_offset = n.next
                        FROM unnest(?::int4[], ?::int8[]) AS n (partition, next)
                        WHERE p.replay_id = ? AND p.partition = n.partition
                        """)
                .params(next.keySet().toArray(Integer[]::new), next.values().toArray(Long[]::new), id)
                .update();
    }

    /** Notes how it ended, unless another process has gone on with it since. */
    void end(long id, int attempt, String status, @Nullable String failure) {
        sql.sql("""
                        UPDATE tracker.replays SET status = ?, failure = ?, ended_at = now(), updated_at = now()
                        WHERE id = ? AND status = 'running' AND resumed = ?
                        """).params(Arrays.asList(status, failure, id, attempt)).update();
    }

    private static void requireOwner(int updated, long id) {
        if (updated != 1) {
            throw new RefusedException(
                    "another process has gone on with replay %d, or has put it down as stopped. See `replay list`."
                            .formatted(id));
        }
    }

    private static @Nullable OffsetDateTime utc(@Nullable Instant time) {
        return time == null ? null : time.atOffset(ZoneOffset.UTC);
    }

    private static String json(Map<String, Long> counts) {
        try {
            return JSON.writeValueAsString(counts);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}

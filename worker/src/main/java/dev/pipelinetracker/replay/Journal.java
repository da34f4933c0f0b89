package dev.pipelinetracker.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pipelinetracker.engine.Outcome.Reason;
import dev.pipelinetracker.engine.Outcome.Stored;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The audit rows and checkpoints in {@code tracker.replays}: who, when, why, what, how far, how it ended. */
final class Journal {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Nobody holds the feed's lock: whoever ran it is gone. */
    private static final String SELECT = """
            SELECT r.id, r.feed, r.topic, r.requested_by, r.reason, r.from_time, r.to_time, r.organizations, r.sources,
                   r.started_at, r.ended_at, r.failure, r.checkpoints, r.skipped, r.inserted, r.updated, r.unchanged,
                   r.rejected::text AS rejected,
                   CASE WHEN r.status = 'running' AND NOT EXISTS (
                     SELECT FROM pg_locks l
                     WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid::int8 = ?
                       AND l.objid::int8 = hashtext(r.feed)::int8 & 4294967295
                       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                   ) THEN 'interrupted' ELSE r.status END AS status,
                   (SELECT json_agg(json_build_array(p.partition, p.first_offset, p.end_offset, p.next_offset, p.gap_records)
                                    ORDER BY p.partition)::text
                    FROM tracker.replay_partitions p WHERE p.replay_id = r.id) AS ranges
            FROM tracker.replays r
            """;

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

    /** Writes the audit row of a replay that begins; call it in a transaction. */
    long begin(Plan plan, String requestedBy, @Nullable String reason) {
        Selection selection = plan.selection();
        long id = sql.sql("""
                        INSERT INTO tracker.replays
                          (feed, topic, requested_by, reason, from_time, to_time, organizations, sources)
                        VALUES (?, ?, ?, ?, ?, ?, ?::uuid[], ?::text[])
                        RETURNING id
                        """)
                .params(Arrays.asList(
                        plan.feed(),
                        plan.topic(),
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

    /** Notes that a replay goes on, and what it lost to retention meanwhile; call it in a transaction. */
    void resume(long id, Plan plan) {
        sql.sql(
                        "UPDATE tracker.replays SET status = 'running', resumed = resumed + 1, failure = NULL, ended_at = NULL, updated_at = now() WHERE id = ?")
                .param(id)
                .update();
        for (PartitionRange range : plan.ranges()) {
            sql.sql("""
                            UPDATE tracker.replay_partitions SET next_offset = ?, gap_records = gap_records + ?
                            WHERE replay_id = ? AND partition = ?
                            """)
                    .params(range.next(), range.gap(), id, range.partition())
                    .update();
        }
    }

    /**
     * Writes how far the replay has come; call it in the transaction of the rows.
     *
     * @param checkpoints how many were written before
     * @throws RefusedException if another process has written one meanwhile: roll back
     */
    void checkpoint(long id, long checkpoints, Map<Integer, Long> next, Tally tally) {
        int updated = sql.sql("""
                        UPDATE tracker.replays
                        SET checkpoints = checkpoints + 1, updated_at = now(), skipped = ?, inserted = ?, updated = ?,
                            unchanged = ?, rejected = ?::jsonb
                        WHERE id = ? AND checkpoints = ?
                        """)
                .params(
                        tally.skipped(),
                        tally.of(Stored.INSERTED),
                        tally.of(Stored.UPDATED),
                        tally.of(Stored.UNCHANGED),
                        json(tally.rejections()),
                        id,
                        checkpoints)
                .update();
        if (updated != 1) {
            throw new RefusedException("replay %d is being run by another process. See `replay list`.".formatted(id));
        }
        sql.sql("""
                        UPDATE tracker.replay_partitions p SET next_offset = n.next
                        FROM unnest(?::int4[], ?::int8[]) AS n (partition, next)
                        WHERE p.replay_id = ? AND p.partition = n.partition
                        """)
                .params(next.keySet().toArray(Integer[]::new), next.values().toArray(Long[]::new), id)
                .update();
    }

    /** Notes how it ended, unless another process has gone on with it since. */
    void end(long id, long checkpoints, String status, @Nullable String failure) {
        sql.sql("""
                        UPDATE tracker.replays SET status = ?, failure = ?, ended_at = now(), updated_at = now()
                        WHERE id = ? AND checkpoints = ?
                        """).params(Arrays.asList(status, failure, id, checkpoints)).update();
    }

    Optional<Job> find(long id) {
        return sql.sql(SELECT + " WHERE r.id = ?")
                .params(FeedLock.SPACE, id)
                .query((row, n) -> job(row))
                .optional();
    }

    /** The newest first. */
    List<Job> newest(int limit) {
        return sql.sql(SELECT + " ORDER BY r.id DESC LIMIT ?")
                .params(FeedLock.SPACE, limit)
                .query((row, n) -> job(row))
                .list();
    }

    private static Job job(ResultSet row) throws SQLException {
        Selection selection = new Selection(
                instant(row, "from_time"),
                instant(row, "to_time"),
                elements(row, "organizations", UUID[].class),
                elements(row, "sources", String[].class),
                Set.of(),
                Map.of());
        Plan plan = new Plan(row.getString("feed"), row.getString("topic"), selection, ranges(row.getString("ranges")));
        Tally tally = new Tally();
        tally.skip(row.getLong("skipped"));
        tally.add(Stored.INSERTED, row.getLong("inserted"));
        tally.add(Stored.UPDATED, row.getLong("updated"));
        tally.add(Stored.UNCHANGED, row.getLong("unchanged"));
        counts(row.getString("rejected"))
                .forEach((reason, records) -> tally.add(Reason.valueOf(reason.toUpperCase(Locale.ROOT)), records));
        return new Job(
                row.getLong("id"),
                plan,
                row.getLong("checkpoints"),
                tally,
                row.getString("status"),
                row.getString("requested_by"),
                row.getString("reason"),
                row.getObject("started_at", OffsetDateTime.class).toInstant(),
                instant(row, "ended_at"),
                row.getString("failure"));
    }

    private static <T> List<T> elements(ResultSet row, String column, Class<T[]> type) throws SQLException {
        Array array = row.getArray(column);
        return List.of(type.cast(array.getArray()));
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    private static @Nullable OffsetDateTime utc(@Nullable Instant time) {
        return time == null ? null : time.atOffset(ZoneOffset.UTC);
    }

    private static List<PartitionRange> ranges(@Nullable String json) {
        if (json == null) {
            return List.of();
        }
        try {
            return JSON.readValue(json, new TypeReference<List<long[]>>() {}).stream()
                    .map(p -> new PartitionRange((int) p[0], p[1], p[2], p[3], p[4], null))
                    .toList();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("tracker.replay_partitions", e);
        }
    }

    private static Map<String, Long> counts(String json) {
        try {
            return new HashMap<>(JSON.readValue(json, new TypeReference<Map<String, Long>>() {}));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("tracker.replays.rejected", e);
        }
    }

    private static String json(Map<String, Long> counts) {
        try {
            return JSON.writeValueAsString(counts);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}

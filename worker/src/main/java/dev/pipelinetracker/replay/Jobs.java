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

/** The replays as {@code tracker.replays} has them. */
final class Jobs {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Nobody holds the feed's lock: whoever ran it is gone. */
    private static final String SELECT = """
            SELECT r.id, r.feed, r.topic, r.topic_id, r.requested_by, r.reason, r.from_time, r.to_time, r.organizations, r.sources,
                   r.started_at, r.ended_at, r.failure, r.resumed, r.checkpoints, r.skipped, r.inserted, r.updated, r.unchanged,
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

    Jobs(DataSource database) {
        this.sql = JdbcClient.create(database);
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
        Plan plan = new Plan(
                row.getString("feed"),
                row.getString("topic"),
                row.getString("topic_id"),
                selection,
                ranges(row.getString("ranges")));
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
                row.getInt("resumed"),
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
}

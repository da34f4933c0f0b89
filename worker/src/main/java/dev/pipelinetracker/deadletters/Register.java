package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.replay.RefusedException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.BadSqlGrammarException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Which letters were dealt with: {@code tracker.redriven}. A group's committed offset would not do, since operators pick
 * letters; and written in the transaction of the rows, it is never ahead of them.
 */
final class Register {

    private final JdbcClient sql;
    private final String topic;
    private final String topicId;

    /** Of that dead-letter topic, which the broker knows by that id. */
    Register(DataSource database, String topic, String topicId) {
        this.sql = JdbcClient.create(database);
        this.topic = topic;
        this.topicId = topicId;
    }

    /** Which of these were dealt with; throws RefusedException where there is no such table. */
    Set<Place> settledOf(List<Place> places) {
        try {
            return new HashSet<>(sql.sql("""
                            SELECT r.partition, r."offset"
                            FROM unnest(?::int4[], ?::int8[]) AS t (partition, at)
                            JOIN tracker.redriven r ON r.partition = t.partition AND r."offset" = t.at
                            WHERE r.topic = ? AND r.topic_id = ?
                            """)
                    .params(partitions(places), offsets(places), topic, topicId)
                    .query(Register::place)
                    .list());
        } catch (BadSqlGrammarException e) {
            throw new RefusedException(
                    "tracker.redriven cannot be read: the database was not migrated to version 3, or this role may not. Run `migrate` first, or grant SELECT, INSERT, UPDATE and DELETE on the tables of the schema tracker.");
        }
    }

    /** What became of one: {@code stored}, {@code returned} or {@code parked}; empty while it is open. */
    Optional<String> became(Place place) {
        return sql.sql("""
                        SELECT became FROM tracker.redriven
                        WHERE topic = ? AND topic_id = ? AND partition = ? AND "offset" = ?
                        """)
                .params(topic, topicId, place.partition(), place.offset())
                .query(String.class)
                .optional();
    }

    /** Forgets those before the log's start, by partition, and those of a former topic of this name. */
    void prune(Map<Integer, Long> starts) {
        sql.sql("""
                        DELETE FROM tracker.redriven r
                        WHERE r.topic = ?
                          AND (r.topic_id <> ?
                               OR EXISTS (SELECT FROM unnest(?::int4[], ?::int8[]) AS s (partition, start)
                                          WHERE s.partition = r.partition AND r."offset" < s.start))
                        """)
                .params(
                        topic,
                        topicId,
                        starts.keySet().toArray(Integer[]::new),
                        starts.values().toArray(Long[]::new))
                .update();
    }

    /**
     * Puts these down as {@code stored}; call it in a transaction, before anything is done with them: whoever else is about to
     * deal with one of them waits for its end.
     *
     * @return those that nobody else has dealt with
     */
    Set<Place> claim(List<Place> places, String by) {
        return new HashSet<>(sql.sql("""
                        INSERT INTO tracker.redriven (topic, topic_id, partition, "offset", became, settled_by)
                        SELECT ?, ?, t.partition, t.at, 'stored', ? FROM unnest(?::int4[], ?::int8[]) AS t (partition, at)
                        ORDER BY t.partition, t.at
                        ON CONFLICT DO NOTHING
                        RETURNING partition, "offset"
                        """)
                .params(topic, topicId, by, partitions(places), offsets(places))
                .query(Register::place)
                .list());
    }

    /** Says of claimed ones that they became something else. */
    void correct(List<Place> places, String became, @Nullable String reason) {
        sql.sql("""
                        UPDATE tracker.redriven r SET became = ?, reason = ?
                        FROM unnest(?::int4[], ?::int8[]) AS t (partition, at)
                        WHERE r.topic = ? AND r.topic_id = ? AND r.partition = t.partition AND r."offset" = t.at
                        """)
                .params(Arrays.asList(became, reason, partitions(places), offsets(places), topic, topicId))
                .update();
    }

    /** Opens claimed ones again; call it in the claim's transaction. */
    void release(Set<Place> claimed) {
        if (claimed.isEmpty()) {
            return;
        }
        List<Place> places = List.copyOf(claimed);
        sql.sql("""
                        DELETE FROM tracker.redriven r USING unnest(?::int4[], ?::int8[]) AS t (partition, at)
                        WHERE r.topic = ? AND r.topic_id = ? AND r.partition = t.partition AND r."offset" = t.at
                        """).params(partitions(places), offsets(places), topic, topicId).update();
    }

    private static Place place(ResultSet row, int number) throws SQLException {
        return new Place(row.getInt(1), row.getLong(2));
    }

    private static Integer[] partitions(List<Place> places) {
        return places.stream().map(Place::partition).toArray(Integer[]::new);
    }

    private static Long[] offsets(List<Place> places) {
        return places.stream().map(Place::offset).toArray(Long[]::new);
    }
}

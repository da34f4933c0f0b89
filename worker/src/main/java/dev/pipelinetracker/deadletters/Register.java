package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.replay.RefusedException;
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

    /** All that were dealt with; throws RefusedException where there is no such table. */
    Set<Place> settled() {
        try {
            return new HashSet<>(
                    sql.sql("SELECT partition, \"offset\" FROM tracker.redriven WHERE topic = ? AND topic_id = ?")
                            .params(topic, topicId)
                            .query((row, n) -> new Place(row.getInt(1), row.getLong(2)))
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

    void settle(List<Place> places, String became, String by, @Nullable String reason) {
        sql.sql("""
                        INSERT INTO tracker.redriven (topic, topic_id, partition, "offset", became, settled_by, reason)
                        SELECT ?, ?, t.partition, t.at, ?, ?, ? FROM unnest(?::int4[], ?::int8[]) AS t (partition, at)
                        ON CONFLICT DO NOTHING
                        """)
                .params(Arrays.asList(
                        topic,
                        topicId,
                        became,
                        by,
                        reason,
                        places.stream().map(Place::partition).toArray(Integer[]::new),
                        places.stream().map(Place::offset).toArray(Long[]::new)))
                .update();
    }
}

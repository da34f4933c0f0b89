package dev.pipelinetracker.deadletters;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Which letters were dealt with: {@code tracker.redriven}. A group's committed offset would not do, since operators pick
 * letters; and written in the transaction of the rows, it is never ahead of them.
 */
final class Register {

    private final JdbcClient sql;
    private final String topic;

    /** Of that dead-letter topic. */
    Register(DataSource database, String topic) {
        this.sql = JdbcClient.create(database);
        this.topic = topic;
    }

    Set<Place> settled() {
        return new HashSet<>(sql.sql("SELECT partition, \"offset\" FROM tracker.redriven WHERE topic = ?")
                .param(topic)
                .query((row, n) -> new Place(row.getInt(1), row.getLong(2)))
                .list());
    }

    void settle(List<Place> places, String became, String by, @Nullable String reason) {
        sql.sql("""
                        INSERT INTO tracker.redriven (topic, partition, "offset", became, settled_by, reason)
                        SELECT ?, t.partition, t.at, ?, ?, ? FROM unnest(?::int4[], ?::int8[]) AS t (partition, at)
                        ON CONFLICT DO NOTHING
                        """)
                .params(Arrays.asList(
                        topic,
                        became,
                        by,
                        reason,
                        places.stream().map(Place::partition).toArray(Integer[]::new),
                        places.stream().map(Place::offset).toArray(Long[]::new)))
                .update();
    }
}

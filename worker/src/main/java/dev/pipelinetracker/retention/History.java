package dev.pipelinetracker.retention;

import java.time.LocalDateTime;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** {@code analytics_pipeline_history}, seen by age, one organization at a time: its index is by organization and time. */
final class History {

    private static final String COUNT = """
            SELECT count(*) FILTER (WHERE status <> 'running' AND pipeline_id IS NOT NULL) AS rows,
                   count(*) FILTER (WHERE status = 'running') AS open,
                   count(*) FILTER (WHERE status <> 'running' AND pipeline_id IS NULL) AS foreign_rows
            FROM public.analytics_pipeline_history
            WHERE org_id = ? AND timestamp < ?
            """;

    // Rows that somebody has locked are left to the next run: waiting for them while holding others could deadlock with
    // a
    // worker's upsert. From the last chunk's end on: what was deleted before stays in the index until it is vacuumed.
    private static final String DELETE = """
            WITH gone AS (
              DELETE FROM public.analytics_pipeline_history WHERE id IN (
                SELECT id FROM public.analytics_pipeline_history
                WHERE org_id = ? AND timestamp >= ? AND timestamp < ? AND status <> 'running' AND pipeline_id IS NOT NULL
                ORDER BY timestamp
                LIMIT ?
                FOR UPDATE SKIP LOCKED)
              RETURNING timestamp
            )
            SELECT count(*) AS rows, max(timestamp) AS upto FROM gone
            """;

    private static final LocalDateTime BEGINNING = LocalDateTime.of(1, 1, 1, 0, 0);

    private final JdbcClient sql;

    History(DataSource database) {
        this.sql = JdbcClient.create(database);
    }

    /** What was deleted, and where the next chunk begins. */
    record Chunk(int rows, LocalDateTime upTo) {

        static final Chunk FIRST = new Chunk(0, BEGINNING);
    }

    /** The next organizations by id, at most so many; from the first if {@code after} is null. */
    List<UUID> organizations(@Nullable UUID after, int most) {
        return sql.sql(
                        "SELECT id FROM public.organizations WHERE :after::uuid IS NULL OR id > :after::uuid ORDER BY id LIMIT :most")
                .param("after", after)
                .param("most", most)
                .query(UUID.class)
                .list();
    }

    boolean isKnown(UUID organization) {
        return sql.sql("SELECT EXISTS (SELECT FROM public.organizations WHERE id = ?)")
                .param(organization)
                .query(Boolean.class)
                .single();
    }

    /** @param cutoff UTC; older is what is before it */
    Expired count(UUID organization, LocalDateTime cutoff) {
        return sql.sql(COUNT)
                .params(organization, cutoff)
                .query((row, n) -> {
                    long rows = row.getLong("rows");
                    long open = row.getLong("open");
                    long foreign = row.getLong("foreign_rows");
                    return new Expired(rows + open + foreign == 0 ? 0 : 1, rows, open, foreign);
                })
                .single();
    }

    /** Deletes the oldest rows after the last chunk's, at most so many, in a transaction of its own. */
    Chunk delete(UUID organization, Chunk last, LocalDateTime cutoff, int most) {
        return sql.sql(DELETE)
                .params(organization, last.upTo(), cutoff, most)
                .query((row, n) -> {
                    LocalDateTime upTo = row.getObject("upto", LocalDateTime.class);
                    return new Chunk(row.getInt("rows"), upTo == null ? last.upTo() : upTo);
                })
                .single();
    }
}

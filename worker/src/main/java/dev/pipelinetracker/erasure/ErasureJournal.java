package dev.pipelinetracker.erasure;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pipelinetracker.replay.RefusedException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Writes the audit rows of {@code tracker.erasures}: who, when, why, how much, how it ended. */
final class ErasureJournal {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final JdbcClient sql;

    ErasureJournal(DataSource database) {
        this.sql = JdbcClient.create(database);
    }

    /** Throws RefusedException if this database was not migrated for erasures. */
    void refuseUnmigrated() {
        boolean migrated = sql.sql("""
                        SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                                       WHERE n.nspname = 'tracker' AND c.relname = 'erasures')
                        """).query(Boolean.class).single();
        if (!migrated) {
            throw new RefusedException(
                    "the database lacks tracker.erasures, where erasures are noted. Run `migrate` of this version first.");
        }
    }

    /** Whether it was to be erased before. */
    boolean knows(UUID organization) {
        return sql.sql("SELECT EXISTS (SELECT FROM tracker.erasures WHERE org_id = ?)")
                .param(organization)
                .query(Boolean.class)
                .single();
    }

    long begin(UUID organization, String by, @Nullable String reason) {
        return sql.sql("INSERT INTO tracker.erasures (org_id, requested_by, reason) VALUES (?, ?, ?) RETURNING id")
                .params(Arrays.asList(organization, by, reason))
                .query(Long.class)
                .single();
    }

    /** Call it in the transaction of the rows. */
    void deleted(long id, RowCounts soFar) {
        sql.sql("UPDATE tracker.erasures SET deleted = ?::jsonb, updated_at = now() WHERE id = ?")
                .params(json(soFar), id)
                .update();
    }

    /**
     * What is on record as deleted. A commit whose answer was lost may still be under way: its end is waited for. Call it in a
     * transaction.
     */
    RowCounts deletedSoFar(long id) {
        String deleted = sql.sql("SELECT deleted::text FROM tracker.erasures WHERE id = ? FOR UPDATE")
                .param(id)
                .query(String.class)
                .single();
        try {
            return new RowCounts(JSON.readValue(deleted, new TypeReference<LinkedHashMap<String, Long>>() {}));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("tracker.erasures.deleted", e);
        }
    }

    /** What the letters that an erasure settles have for a reason: by it they are counted. */
    static String reasonOf(long id) {
        return "erasure %d".formatted(id);
    }

    /**
     * Notes how it ended; a second time is harmless.
     *
     * @param status done, stopped or failed
     * @return how many letters it settled
     */
    long end(long id, String status, @Nullable String failure) {
        return sql.sql("""
                        UPDATE tracker.erasures
                        SET status = ?, failure = ?, updated_at = now(), ended_at = now(),
                            letters = (SELECT count(*) FROM tracker.redriven WHERE became = 'erased' AND reason = ?)
                        WHERE id = ?
                        RETURNING letters
                        """)
                .params(Arrays.asList(status, failure, reasonOf(id), id))
                .query(Long.class)
                .single();
    }

    private static String json(RowCounts counts) {
        try {
            return JSON.writeValueAsString(counts.rows());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}

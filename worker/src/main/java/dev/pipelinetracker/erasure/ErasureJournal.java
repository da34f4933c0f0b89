package dev.pipelinetracker.erasure;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pipelinetracker.replay.RefusedException;
import java.util.Arrays;
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

    /** @param status done, stopped or failed */
    void end(long id, String status, long letters, @Nullable String failure) {
        sql.sql(
                        "UPDATE tracker.erasures SET status = ?, letters = ?, failure = ?, updated_at = now(), ended_at = now() WHERE id = ?")
                .params(Arrays.asList(status, letters, failure, id))
                .update();
    }

    private static String json(RowCounts counts) {
        try {
            return JSON.writeValueAsString(counts.rows());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}

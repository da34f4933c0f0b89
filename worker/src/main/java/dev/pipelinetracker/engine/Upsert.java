package dev.pipelinetracker.engine;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a feed stores events: one statement for any number of them, so one plan whatever the batch.
 *
 * <p>The statement takes one array per column, unnests them, and upserts what is newer than what is stored. It returns a
 * row for each row it inserted or updated, whose first two columns are {@code unknown} (null) and {@code inserted}
 * (boolean), followed by the key; and a row for each event whose organization does not exist, with {@code unknown} as
 * the event's 1-based position and the rest null. It says nothing of events that change nothing.
 *
 * @param table the table, unqualified
 * @param sql the statement, one {@code ?} per column in order
 * @param columns type and value of each parameter
 * @param key reads the key from a returned row, by column name
 * @param <E> the event
 * @param <K> the key
 */
public record Upsert<E, K>(String table, String sql, List<Column<E>> columns, KeyReader<K> key) {

    /**
     * One array parameter.
     *
     * @param type PostgreSQL's name of the element type
     * @param value the element for an event; its {@code toString} must be PostgreSQL's text form, or null
     */
    public record Column<E>(String type, Function<E, @Nullable Object> value) {}

    /** Reads the key of the returned row that the cursor is on. */
    @FunctionalInterface
    public interface KeyReader<K> {
        K read(ResultSet row) throws SQLException;
    }
}

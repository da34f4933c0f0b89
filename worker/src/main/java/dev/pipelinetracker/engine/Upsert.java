package dev.pipelinetracker.engine;

import java.sql.Array;
import java.sql.Connection;
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
     * @param type the elements' type
     * @param value the element for an event, as the type wants it, or null
     */
    public record Column<E>(ColumnType type, Function<E, @Nullable Object> value) {}

    /**
     * The statement's parameters for these events.
     *
     * @param connection of PostgreSQL's own driver, wrapped or not, and in any query mode but {@code simple}
     */
    public Array[] parameters(Connection connection, List<E> events) throws SQLException {
        Array[] parameters = new Array[columns.size()];
        for (int i = 0; i < parameters.length; i++) {
            parameters[i] = BinaryArray.of(connection, columns.get(i), events);
        }
        return parameters;
    }

    /** Reads the key of the returned row that the cursor is on. */
    @FunctionalInterface
    public interface KeyReader<K> {
        K read(ResultSet row) throws SQLException;
    }
}

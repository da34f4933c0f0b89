package dev.pipelinetracker.engine;

import dev.pipelinetracker.engine.Outcome.Reason;
import dev.pipelinetracker.engine.Outcome.Rejected;
import dev.pipelinetracker.engine.Outcome.Stored;
import dev.pipelinetracker.engine.Upsert.Column;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.datasource.DataSourceUtils;

/**
 * Stores events with one statement, and finds the rows that PostgreSQL refuses for their data by halving: among n rows
 * one bad row costs at most 2*log2(n)+1 statements more, and its neighbours are stored.
 */
final class UpsertWriter<E, K> {

    private static final String FOREIGN_KEY_VIOLATION = "23503";

    private final DataSource database;
    private final Upsert<E, K> upsert;

    UpsertWriter(DataSource database, Upsert<E, K> upsert) {
        this.database = database;
        this.upsert = upsert;
    }

    /**
     * What became of each event, in the order given. On return all of it is committed.
     *
     * @param keys the events' keys, distinct and ascending
     * @throws WorldFault if the database, not a row, is at fault; part of the rows may have been committed then
     */
    List<Outcome> write(List<K> keys, List<E> events) {
        if (events.isEmpty()) {
            return List.of();
        }
        try {
            return execute(keys, events);
        } catch (CannotGetJdbcConnectionException e) {
            SQLException cause = e.getCause() instanceof SQLException sql ? sql : new SQLException(e);
            throw worldFault(cause);
        } catch (SQLException e) {
            if (!SqlFaults.isRowsFault(e)) {
                throw worldFault(e);
            }
            if (events.size() == 1) {
                return List.of(refused(e));
            }
        }
        int half = events.size() / 2;
        List<Outcome> outcomes = new ArrayList<>(write(keys.subList(0, half), events.subList(0, half)));
        outcomes.addAll(write(keys.subList(half, keys.size()), events.subList(half, events.size())));
        return outcomes;
    }

    private List<Outcome> execute(List<K> keys, List<E> events) throws SQLException {
        Connection connection = DataSourceUtils.getConnection(database);
        try (PreparedStatement statement = connection.prepareStatement(upsert.sql())) {
            int parameter = 0;
            for (Column<E> column : upsert.columns()) {
                statement.setArray(++parameter, connection.createArrayOf(column.type(), values(column, events)));
            }
            try (ResultSet answer = statement.executeQuery()) {
                return outcomes(answer, keys);
            }
        } finally {
            DataSourceUtils.releaseConnection(connection, database);
        }
    }

    private static <E> @Nullable Object[] values(Column<E> column, List<E> events) {
        @Nullable Object[] values = new Object[events.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = column.value().apply(events.get(i));
        }
        return values;
    }

    private List<Outcome> outcomes(ResultSet answer, List<K> keys) throws SQLException {
        Outcome[] outcomes = new Outcome[keys.size()];
        Arrays.fill(outcomes, Stored.UNCHANGED);
        Map<K, Integer> positions = null;
        while (answer.next()) {
            long unknown = answer.getLong(1);
            if (!answer.wasNull()) {
                outcomes[(int) unknown - 1] =
                        new Rejected(Reason.UNKNOWN_ORG, "org_id: no such organization in the database");
                continue;
            }
            if (positions == null) {
                positions = positions(keys);
            }
            Integer position = positions.get(upsert.key().read(answer));
            if (position == null) {
                throw new IllegalStateException("the upsert of " + upsert.table() + " returned a key it was not given");
            }
            outcomes[position] = answer.getBoolean(2) ? Stored.INSERTED : Stored.UPDATED;
        }
        return Collections.unmodifiableList(Arrays.asList(outcomes));
    }

    private static <K> Map<K, Integer> positions(List<K> keys) {
        Map<K, Integer> positions = new HashMap<>(keys.size() * 2);
        for (int i = 0; i < keys.size(); i++) {
            positions.put(keys.get(i), i);
        }
        return positions;
    }

    private static Rejected refused(SQLException fault) {
        // the organization was there when the statement looked, and gone when the row was written
        return FOREIGN_KEY_VIOLATION.equals(SqlFaults.state(fault))
                ? new Rejected(Reason.UNKNOWN_ORG, "org_id: the organization was deleted meanwhile")
                : new Rejected(Reason.REFUSED_BY_DATABASE, SqlFaults.describe(fault));
    }

    private WorldFault worldFault(SQLException fault) {
        return new WorldFault(
                SqlFaults.cause(fault), "storing into " + upsert.table() + ": " + SqlFaults.describe(fault), fault);
    }
}

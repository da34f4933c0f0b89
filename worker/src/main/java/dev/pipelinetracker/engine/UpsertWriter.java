package dev.pipelinetracker.engine;

import dev.pipelinetracker.engine.LatestPerKey.Candidate;
import dev.pipelinetracker.engine.Outcome.Reason;
import dev.pipelinetracker.engine.Outcome.Rejected;
import dev.pipelinetracker.engine.Outcome.Stored;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.apache.avro.specific.SpecificRecord;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Stores events with one statement, and finds the rows that PostgreSQL refuses for their data by halving: among n rows
 * one bad row costs at most 2*log2(n)+1 statements more, and its neighbours are stored.
 */
final class UpsertWriter<E extends SpecificRecord, K extends Comparable<? super K>> {

    private static final String FOREIGN_KEY_VIOLATION = "23503";

    private final Feed<E, K> feed;
    private final Upsert<E, K> upsert;
    private final DataSource database;

    UpsertWriter(Feed<E, K> feed, DataSource database) {
        this.feed = feed;
        this.upsert = feed.upsert();
        this.database = database;
    }

    /**
     * Stores the newest event of each key, and of keys whose newest is refused the next newest, until each candidate has
     * its outcome. On return all of it is committed, and the feed has been told of the rows that changed; inside a
     * caller's transaction both come with its commit.
     *
     * @param outcomes by the candidates' positions, to be filled in
     * @throws WorldFault if the database, not a row, is at fault; part of the rows may have been committed then
     */
    void store(LatestPerKey<E, K> fold, Outcome[] outcomes) {
        Consumer<E> changed = changedOnceCommitted();
        while (!fold.isEmpty()) {
            List<Candidate<E, K>> newest = fold.newest();
            List<Outcome> written = write(newest);
            fold.settle(newest, written, outcomes);
            for (int i = 0; i < written.size(); i++) {
                if (written.get(i) == Stored.INSERTED || written.get(i) == Stored.UPDATED) {
                    changed.accept(newest.get(i).event());
                }
            }
        }
    }

    /** Tells the feed: at once if each statement commits itself, else after the caller's commit, if that comes. */
    private Consumer<E> changedOnceCommitted() {
        if (!TransactionSynchronizationManager.isSynchronizationActive()) {
            return feed::changed;
        }
        List<E> changed = new ArrayList<>();
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCommit() {
                changed.forEach(feed::changed);
            }
        });
        return changed::add;
    }

    /** What became of each, in the order given: distinct keys, ascending. */
    private List<Outcome> write(List<Candidate<E, K>> rows) {
        try {
            return execute(rows);
        } catch (CannotGetJdbcConnectionException e) {
            throw worldFault(e.getCause() instanceof SQLException cause ? cause : new SQLException(e));
        } catch (SQLException e) {
            if (!SqlFaults.isRowsFault(e)) {
                throw worldFault(e);
            }
            if (rows.size() == 1) {
                return List.of(refused(e));
            }
        }
        int half = rows.size() / 2;
        List<Outcome> outcomes = new ArrayList<>(write(rows.subList(0, half)));
        outcomes.addAll(write(rows.subList(half, rows.size())));
        return outcomes;
    }

    private List<Outcome> execute(List<Candidate<E, K>> rows) throws SQLException {
        Connection connection = DataSourceUtils.getConnection(database);
        requireCommit(connection);
        try {
            return connection.getAutoCommit() ? execute(rows, connection) : executeApart(rows, connection);
        } finally {
            DataSourceUtils.releaseConnection(connection, database);
        }
    }

    /** Inside a caller's transaction a refused row must not take with it what was written before. */
    private List<Outcome> executeApart(List<Candidate<E, K>> rows, Connection connection) throws SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            List<Outcome> outcomes = execute(rows, connection);
            connection.releaseSavepoint(before);
            return outcomes;
        } catch (SQLException e) {
            if (SqlFaults.isRowsFault(e)) {
                connection.rollback(before);
            }
            throw e;
        }
    }

    private List<Outcome> execute(List<Candidate<E, K>> rows, Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(upsert.sql())) {
            Array[] parameters = upsert.parameters(
                    connection, rows.stream().map(Candidate::event).toList());
            for (int i = 0; i < parameters.length; i++) {
                statement.setArray(i + 1, parameters[i]);
            }
            try (ResultSet answer = statement.executeQuery()) {
                return outcomes(answer, rows);
            }
        }
    }

    /** Without, the pool would roll back on release, and the offsets be committed. */
    private void requireCommit(Connection connection) throws SQLException {
        if (!connection.getAutoCommit() && !DataSourceUtils.isConnectionTransactional(connection, database)) {
            DataSourceUtils.releaseConnection(connection, database);
            throw new IllegalStateException("spring.datasource.hikari.auto-commit must be true");
        }
    }

    private List<Outcome> outcomes(ResultSet answer, List<Candidate<E, K>> rows) throws SQLException {
        Outcome[] outcomes = new Outcome[rows.size()];
        Arrays.fill(outcomes, Stored.UNCHANGED);
        int next = 0;
        while (answer.next()) {
            long unknown = answer.getLong(1);
            if (!answer.wasNull()) {
                outcomes[(int) unknown - 1] =
                        new Rejected(Reason.UNKNOWN_ORG, "org_id: no such organization in the database");
                continue;
            }
            int position = position(upsert.key().read(answer), rows, next);
            outcomes[position] = answer.getBoolean(2) ? Stored.INSERTED : Stored.UPDATED;
            next = position + 1;
        }
        return Collections.unmodifiableList(Arrays.asList(outcomes));
    }

    /** Looks from there to the end, then from the start: rows come back in the order given, which SQL does not promise. */
    private int position(K key, List<Candidate<E, K>> rows, int from) {
        for (int i = 0; i < rows.size(); i++) {
            int position = (from + i) % rows.size();
            if (rows.get(position).key().equals(key)) {
                return position;
            }
        }
        throw new IllegalStateException("the upsert of " + upsert.table() + " returned a key it was not given");
    }

    private static Rejected refused(SQLException fault) {
        // the organization was there when the statement looked, and gone when the row was written
        boolean ofTheOrganization = FOREIGN_KEY_VIOLATION.equals(SqlFaults.state(fault))
                && SqlFaults.constraint(fault).orElse("").contains("org_id");
        return ofTheOrganization
                ? new Rejected(Reason.UNKNOWN_ORG, "org_id: the organization was deleted meanwhile")
                : new Rejected(Reason.REFUSED_BY_DATABASE, SqlFaults.describe(fault));
    }

    private WorldFault worldFault(SQLException fault) {
        return new WorldFault(
                SqlFaults.cause(fault), "storing into " + upsert.table() + ": " + SqlFaults.describe(fault), fault);
    }
}

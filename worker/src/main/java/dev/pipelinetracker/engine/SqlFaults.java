package dev.pipelinetracker.engine;

import dev.pipelinetracker.engine.WorldFault.Cause;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Tells a row's fault from the world's, by SQLState alone (see PostgreSQL's appendix A): exception types and classes
 * mix the two. A state that is in no list needs a person, and is never taken for a bad row.
 */
public final class SqlFaults {

    private static final Set<String> ROW = Set.of(
            "22001", // string_data_right_truncation
            "22003", // numeric_value_out_of_range
            "22008", // datetime_field_overflow
            "22009", // invalid_time_zone_displacement_value
            "22021", // character_not_in_repertoire, such as NUL
            "22P02", // invalid_text_representation
            "22P05", // untranslatable_character
            "23502", // not_null_violation
            "23503", // foreign_key_violation: the organization was deleted meanwhile
            "54000", // program_limit_exceeded
            "54001"); // statement_too_complex

    private static final Set<String> BUSY = Set.of(
            "40001", // serialization_failure
            "40P01", // deadlock_detected
            "55P03"); // lock_not_available

    private static final Set<String> AWAY = Set.of(
            "55000", // object_not_in_prerequisite_state: the database is not accepting connections
            "57P01", // admin_shutdown
            "57P02", // crash_shutdown
            "57P03", // cannot_connect_now
            "57P05"); // idle_session_timeout

    private SqlFaults() {}

    /** Whether one row's data made the statement fail: without that row it would not have. */
    static boolean isRowsFault(SQLException fault) {
        String state = state(fault);
        if ("23514".equals(state)) {
            // check_violation: without a constraint's name it is a missing partition, which is nobody's data
            return constraint(fault).isPresent();
        }
        return state != null && ROW.contains(state);
    }

    /** What the world is to be blamed for, if it is not a row's fault. */
    public static Cause cause(SQLException fault) {
        String state = state(fault);
        if (state == null) {
            // HikariCP's time-out while no connection could ever be made
            return Cause.DATABASE_AWAY;
        }
        if (state.startsWith("08") || state.startsWith("58") || AWAY.contains(state)) {
            return Cause.DATABASE_AWAY;
        }
        if (state.startsWith("53") || BUSY.contains(state) || isStalePlan(state)) {
            return Cause.DATABASE_BUSY;
        }
        if ("57014".equals(state)) {
            // query_canceled: statement_timeout
            return Cause.DATABASE_SLOW;
        }
        if ("25006".equals(state)) {
            return Cause.DATABASE_READ_ONLY;
        }
        return Cause.DATABASE_STOPPED;
    }

    /** {@code SQLState 23514, constraint foo}: what may be told of a failed statement without quoting a row. */
    static String describe(SQLException fault) {
        return "SQLState " + state(fault)
                + constraint(fault).map(name -> ", constraint " + name).orElse("");
    }

    /** The first SQLState on the way to the root: pools and translators wrap, some without one. */
    static @Nullable String state(Throwable fault) {
        for (Throwable t = fault; t != null; t = t.getCause()) {
            if (t instanceof SQLException sql && sql.getSQLState() != null) {
                return sql.getSQLState();
            }
        }
        return null;
    }

    private static boolean isStalePlan(String state) {
        // feature_not_supported: "cached plan must not change result type", after a migration; the retry plans anew
        return "0A000".equals(state);
    }

    static Optional<String> constraint(SQLException fault) {
        return fault instanceof PSQLException psql
                ? Optional.ofNullable(psql.getServerErrorMessage()).map(ServerErrorMessage::getConstraint)
                : Optional.empty();
    }
}

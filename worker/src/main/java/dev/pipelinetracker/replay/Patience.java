package dev.pipelinetracker.replay;

import dev.pipelinetracker.engine.WorldFault;
import dev.pipelinetracker.engine.WorldFault.Cause;
import java.sql.SQLException;
import java.time.Duration;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.NonTransientDataAccessException;
import org.springframework.dao.NonTransientDataAccessResourceException;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.TransactionSystemException;

/** Waits for a world that is at fault, a bounded number of times in a row. */
public final class Patience {

    private static final int MOST_FAILURES = 10;
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private final Operator operator;
    private final StopSignal stop;
    private int failures;

    /** Tells that operator what is waited for. */
    public Patience(Operator operator, StopSignal stop) {
        this.operator = operator;
        this.stop = stop;
    }

    /** The work goes on: the next fault is the first. */
    public void reward() {
        failures = 0;
    }

    /**
     * Returns when it is worth another try, or a stop is wanted.
     *
     * @param advice what the operator does once the fault is mended
     * @throws FailedException if the fault needs a person, or has not passed after ten tries
     * @throws RuntimeException the fault itself, if it is none of the world's
     */
    public void await(RuntimeException thrown, String advice) {
        RuntimeException fault = firstOf(thrown);
        if (!isWorlds(fault)) {
            throw fault;
        }
        if (!mayPass(fault) || ++failures > MOST_FAILURES) {
            throw new FailedException(
                    "%s. What was committed stays; mend the fault, then %s.".formatted(fault.getMessage(), advice),
                    fault);
        }
        Duration pause = Duration.ofMillis(Math.min(LONGEST_PAUSE.toMillis(), 500L << failures));
        operator.say("waiting %d s, attempt %d of %d: %s"
                .formatted(Math.max(1, pause.toSeconds()), failures, MOST_FAILURES, fault.getMessage()));
        stop.sleep(pause);
    }

    /** On a connection that is lost the rollback fails, too, and hides why it was wanted. */
    private static RuntimeException firstOf(RuntimeException thrown) {
        return thrown instanceof TransactionSystemException rollback
                        && rollback.getApplicationException() instanceof RuntimeException first
                ? first
                : thrown;
    }

    private static boolean isWorlds(RuntimeException fault) {
        return fault instanceof WorldFault
                || fault instanceof DataAccessException
                || fault instanceof TransactionException;
    }

    private static boolean mayPass(RuntimeException fault) {
        if (fault instanceof WorldFault known) {
            return known.kind() != Cause.DATABASE_STOPPED && known.kind() != Cause.UNEXPECTED;
        }
        if (fault instanceof TransactionSystemException) {
            return isOfLostConnection(fault);
        }
        return !(fault instanceof NonTransientDataAccessException)
                || fault instanceof NonTransientDataAccessResourceException;
    }

    /**
     * Where the answer to a commit was lost, the roll-back that is tried then fails, too, and says only that the connection is
     * closed. A commit that was refused has another SQLState, and needs a person.
     */
    private static boolean isOfLostConnection(RuntimeException fault) {
        return fault.getCause() instanceof SQLException lost
                && (lost.getSQLState() == null || lost.getSQLState().startsWith("08"));
    }
}

package dev.pipelinetracker.replay;

import dev.pipelinetracker.engine.SqlFaults;
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
     * @throws FailedException if the fault needs a person, or has not passed after ten tries, or another has taken over
     * @throws RuntimeException the fault itself, if it is none of the world's
     */
    public void await(RuntimeException thrown, String advice) {
        RuntimeException fault = firstOf(thrown);
        if (fault instanceof RefusedException) {
            // too late to say that nothing was changed, which is what a refusal says
            throw new FailedException(String.valueOf(fault.getMessage()), fault);
        }
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

    /** By SQLState where there is one, as the engine does: Spring's exceptions mix what passes with what needs a person. */
    private static boolean mayPass(RuntimeException fault) {
        if (fault instanceof WorldFault known) {
            return mayPass(known.kind());
        }
        for (Throwable t = fault; t != null; t = t.getCause()) {
            if (t instanceof SQLException sql) {
                return mayPass(SqlFaults.cause(sql));
            }
        }
        return !(fault instanceof NonTransientDataAccessException)
                || fault instanceof NonTransientDataAccessResourceException;
    }

    private static boolean mayPass(Cause cause) {
        return cause != Cause.DATABASE_STOPPED && cause != Cause.UNEXPECTED;
    }
}

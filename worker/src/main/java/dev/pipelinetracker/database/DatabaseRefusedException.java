package dev.pipelinetracker.database;

import java.io.Serial;

/**
 * The database is there, but is not one that this worker may touch; waiting will not change that. The message says what
 * was found and what to do.
 */
public final class DatabaseRefusedException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1L;

    /** @param message what was found, and what to do about it */
    DatabaseRefusedException(String message) {
        super(message);
    }
}

package dev.pipelinetracker.replay;

/** A command could not be done, or not to its end. The message says why, and what to do next. */
public final class FailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message one or two sentences, the last of which says what to do next */
    public FailedException(String message) {
        super(message);
    }

    /** As above, with the fault that led here. */
    public FailedException(String message, Throwable cause) {
        super(message, cause);
    }
}

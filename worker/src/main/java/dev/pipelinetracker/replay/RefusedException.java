package dev.pipelinetracker.replay;

/** A command was not run, for safety: nothing was changed. The message says why, and what to do next. */
public final class RefusedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message one or two sentences, the last of which says what to do next */
    public RefusedException(String message) {
        super(message);
    }
}

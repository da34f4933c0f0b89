package dev.pipelinetracker.publish;

/**
 * What a run does.
 *
 * @param <X> what it may throw
 */
@FunctionalInterface
public interface RunBody<X extends Exception> {

    /** Does the work; returning means that it is complete. */
    void run(Run run) throws X;
}

package dev.pipelinetracker.wire;

import org.jspecify.annotations.Nullable;

/**
 * The registry gave no usable answer: refused, timed out, overloaded, unauthorized, or not a registry. The world's fault, not
 * a record's: reject nothing, try again later.
 *
 * <p>The message names the path, the status and Confluent's error code where there are any; never credentials.
 */
public final class RegistryUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message path, status, error code
     * @param cause what the HTTP client threw; null if there was an answer
     */
    public RegistryUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

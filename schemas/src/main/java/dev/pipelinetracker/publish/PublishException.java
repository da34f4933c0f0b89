package dev.pipelinetracker.publish;

import org.jspecify.annotations.Nullable;

/**
 * An event was not published. The message names the feed and why, never a value of the event; an invalid event's cause is an
 * {@link dev.pipelinetracker.wire.InvalidEventException} that names field and rule.
 */
public final class PublishException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what was not published and why
     * @param cause what Kafka, the registry or the rules said; null if nothing but time ran out
     */
    public PublishException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

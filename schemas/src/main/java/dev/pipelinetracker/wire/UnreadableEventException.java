package dev.pipelinetracker.wire;

/**
 * Bytes that are not an event: not the wire format, of a schema that is unknown or does not fit, truncated, with bytes to
 * spare, or with text that Avro would decode into something else. Rejects this record alone.
 *
 * <p>The message says which; it never quotes the payload. It carries no stack trace, so a flood of bad records costs little.
 */
public final class UnreadableEventException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, without a byte of the payload */
    public UnreadableEventException(String message) {
        super(message, null, false, false);
    }
}

package dev.pipelinetracker.wire;

/**
 * The registry answered, and it has no usable Avro schema for an id: none at all after a bounded retry, or one that is not
 * Avro, does not parse or refers to other schemas. The fault of the record that carries the id.
 *
 * <p>It carries no stack trace: one instance may be thrown for many records.
 */
public final class UnknownSchemaException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message the schema id and what is wrong with it */
    public UnknownSchemaException(String message) {
        super(message, null, false, false);
    }
}

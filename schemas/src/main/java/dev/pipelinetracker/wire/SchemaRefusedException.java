package dev.pipelinetracker.wire;

/**
 * The registry refused to register a schema: not compatible with the versions before it (409), or not valid (422). Trying
 * again does not help. The message holds the registry's own words, cut to a bounded length.
 */
public final class SchemaRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message path, status, error code and the registry's words */
    public SchemaRefusedException(String message) {
        super(message);
    }
}

package dev.pipelinetracker.wire;

/** A rule for one value that is not null. */
@FunctionalInterface
interface ValueRule {
    /**
     * Checks one value.
     *
     * @param field what to call the value if it breaks the rule
     * @throws InvalidEventException if it does, or has a Java type that the schema's type does not come in
     */
    void check(String field, Object value) throws InvalidEventException;
}

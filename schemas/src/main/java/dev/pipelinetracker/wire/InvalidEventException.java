package dev.pipelinetracker.wire;

/**
 * An event breaks a rule that its schema states. Rejects this event alone.
 *
 * <p>The message names the field and the rule, never the value: {@code records_processed: must be at most 2147483647}. It
 * carries no stack trace, so a flood of bad events costs little.
 */
public final class InvalidEventException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String field;
    private final String rule;

    /**
     * @param field the field as the schema names it; of an array's item with its index, {@code insights[3]}
     * @param rule what the value must be, without the value
     */
    public InvalidEventException(String field, String rule) {
        super(field + ": " + rule, null, false, false);
        this.field = field;
        this.rule = rule;
    }

    /** The field as the schema names it; of an array's item with its index, {@code insights[3]}. */
    public String field() {
        return field;
    }

    /** What the value must be, such as {@code must be at most 2147483647}. */
    public String rule() {
        return rule;
    }
}

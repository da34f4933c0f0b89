package dev.pipelinetracker.wire;

import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one event type, as its schema states them on the fields, and the ones that hold for every event because
 * PostgreSQL could only store such a value changed, or not at all. Immutable, so safe for use by several threads.
 *
 * <p>On a field the schema may state, with JSON Schema's meaning (<a
 * href="https://json-schema.org/draft/2020-12/json-schema-validation">validation vocabulary</a>):
 *
 * <ul>
 *   <li>{@code minLength}, {@code maxLength} of a string, in code points, as {@code VARCHAR(n)} counts
 *   <li>{@code minimum}, {@code maximum} of a number, inclusive
 *   <li>{@code contentMediaType: application/json} of a string: it holds one JSON object that {@code jsonb} stores unchanged,
 *       see {@link JsonObjectRule}
 * </ul>
 *
 * <p>Of every event:
 *
 * <ul>
 *   <li>null only where the schema allows it
 *   <li>a string, also within an array, has no NUL, no half of a surrogate pair, and at most {@value
 *       TextRule#MAX_CODE_POINTS} code points
 *   <li>a floating-point number is finite
 *   <li>a timestamp is in the years 1 to 9999, UTC, and in whole microseconds
 * </ul>
 */
public final class EventRules {
    private final FieldRule[] fields;

    private EventRules(FieldRule[] fields) {
        this.fields = fields;
    }

    /**
     * Compiles a schema's rules.
     *
     * @param schema an event type's record schema: the class's {@code SCHEMA$} or its {@code .avsc}
     * @throws IllegalArgumentException if a field states a rule that is unknown, malformed or not for its type, or has a type
     *     that no event has needed so far. A rule is never ignored; properties with a dot or a colon in their names are not
     *     rules and are.
     */
    public static EventRules of(Schema schema) {
        return new EventRules(schema.getFields().stream()
                .map(field -> new FieldRule(
                        field.pos(), field.name(), field.schema().isNullable(), RuleCompiler.compile(field)))
                .toArray(FieldRule[]::new));
    }

    /**
     * Checks all fields, in the schema's order.
     *
     * @param event an event of the schema's generated class
     * @throws InvalidEventException at the first field that breaks a rule
     */
    public void check(IndexedRecord event) throws InvalidEventException {
        for (FieldRule field : fields) {
            field.check(event.get(field.position()));
        }
    }

    private record FieldRule(int position, String name, boolean nullable, ValueRule rule) {
        void check(@Nullable Object value) throws InvalidEventException {
            if (value != null) {
                rule.check(name, value);
            } else if (!nullable) {
                throw new InvalidEventException(name, "must not be null");
            }
        }
    }
}

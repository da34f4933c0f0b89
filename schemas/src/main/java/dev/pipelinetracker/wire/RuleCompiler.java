package dev.pipelinetracker.wire;

import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.avro.JsonProperties;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/** Makes a field's rule of what the schema says. Whatever it does not know it refuses: a rule must never be ignored. */
final class RuleCompiler {
    private static final String MIN_LENGTH = "minLength";
    private static final String MAX_LENGTH = "maxLength";
    private static final String MINIMUM = "minimum";
    private static final String MAXIMUM = "maximum";
    private static final String MEDIA_TYPE = "contentMediaType";

    /** Other people's properties are namespaced: avro.java.string, confluent:tags. */
    private static final Pattern FOREIGN = Pattern.compile(".*[.:].*");

    private RuleCompiler() {}

    static ValueRule compile(Schema.Field field) {
        Schema schema = field.schema();
        if (schema.isUnion()) {
            allow(field.name(), schema, Set.of());
            schema = Unions.nonNull(field.name(), schema);
        }
        return compile(field.name(), schema, field);
    }

    private static ValueRule compile(String field, Schema schema, JsonProperties rules) {
        LogicalType logicalType = schema.getLogicalType();
        // A rule stands on the field; on its type it would be overlooked.
        if (rules != schema) {
            allow(field, schema, Set.of(LogicalType.LOGICAL_TYPE_PROP));
        }
        if (logicalType != null) {
            allow(field, rules, rules == schema ? Set.of(LogicalType.LOGICAL_TYPE_PROP) : Set.of());
            return logical(field, schema, logicalType);
        }
        if (schema.getObjectProp(LogicalType.LOGICAL_TYPE_PROP) != null) {
            throw new IllegalArgumentException(
                    field + ": logical type unknown to Avro, or not for this type: " + schema);
        }
        return switch (schema.getType()) {
            case STRING -> {
                allow(field, rules, Set.of(MIN_LENGTH, MAX_LENGTH, MEDIA_TYPE));
                yield text(field, rules);
            }
            case INT, LONG -> {
                allow(field, rules, Set.of(MINIMUM, MAXIMUM));
                yield new IntegerRule(new Bounds<>(
                        integer(field, rules, MINIMUM, Long.MIN_VALUE),
                        integer(field, rules, MAXIMUM, Long.MAX_VALUE)));
            }
            case FLOAT, DOUBLE -> {
                allow(field, rules, Set.of(MINIMUM, MAXIMUM));
                yield new FloatingPointRule(new Bounds<>(
                        number(field, rules, MINIMUM, Double.NEGATIVE_INFINITY),
                        number(field, rules, MAXIMUM, Double.POSITIVE_INFINITY)));
            }
            case BOOLEAN, ENUM -> {
                allow(field, rules, Set.of());
                yield (name, value) -> {};
            }
            case ARRAY -> {
                allow(field, rules, Set.of());
                yield new ArrayRule(compile(field, schema.getElementType(), schema.getElementType()));
            }
            default -> throw new IllegalArgumentException(field + ": no rules for type " + schema);
        };
    }

    private static ValueRule logical(String field, Schema schema, LogicalType logicalType) {
        if (logicalType.equals(LogicalTypes.uuid()) && schema.getType() == Schema.Type.STRING) {
            return (name, value) -> {
                if (!(value instanceof UUID)) {
                    throw new InvalidEventException(name, "must be a UUID");
                }
            };
        }
        if (logicalType.equals(LogicalTypes.timestampMicros())) {
            return new TimestampRule();
        }
        throw new IllegalArgumentException(field + ": no rules for logical type " + logicalType.getName());
    }

    private static ValueRule text(String field, JsonProperties rules) {
        long max = integer(field, rules, MAX_LENGTH, TextRule.MAX_CODE_POINTS);
        long min = integer(field, rules, MIN_LENGTH, 0);
        if (min < 0 || max > TextRule.MAX_CODE_POINTS || min > max) {
            throw new IllegalArgumentException(field + ": lengths must be within 0 and " + TextRule.MAX_CODE_POINTS
                    + ", the smaller one first: " + min + ", " + max);
        }
        TextRule text = new TextRule((int) min, (int) max);
        Object mediaType = rules.getObjectProp(MEDIA_TYPE);
        if (mediaType == null) {
            return text;
        }
        if (mediaType.equals("application/json")) {
            return new JsonObjectRule(text);
        }
        throw new IllegalArgumentException(field + ": " + MEDIA_TYPE + " must be application/json: " + mediaType);
    }

    private static long integer(String field, JsonProperties rules, String rule, long otherwise) {
        Object value = rules.getObjectProp(rule);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Integer || value instanceof Long) {
            return ((Number) value).longValue();
        }
        throw new IllegalArgumentException(field + ": " + rule + " must be an integer: " + value);
    }

    private static double number(String field, JsonProperties rules, String rule, double otherwise) {
        Object value = rules.getObjectProp(rule);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
            return number.doubleValue() + 0.0; // no -0.0
        }
        throw new IllegalArgumentException(field + ": " + rule + " must be a finite number: " + value);
    }

    private static void allow(String field, JsonProperties properties, Set<String> known) {
        for (String property : properties.getObjectProps().keySet()) {
            if (!known.contains(property) && !FOREIGN.matcher(property).matches()) {
                throw new IllegalArgumentException(field + ": no such rule here: " + property);
            }
        }
    }
}

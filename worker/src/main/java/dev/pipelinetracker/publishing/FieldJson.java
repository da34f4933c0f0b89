package dev.pipelinetracker.publishing;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pipelinetracker.wire.InvalidEventException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/** Reads one field's value from JSON; see {@link EventJson} for what people may write. */
final class FieldJson {
    private static final Pattern UUID_TEXT = Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

    /** In 1973. Today's milliseconds are less, and would be stored as a day in 1970. */
    private static final long FEWEST_MICROS = 100_000_000_000_000L;

    private FieldJson() {}

    /**
     * The value that the JSON is, as the generated class wants it.
     *
     * @param type the field's type, or the one that its union has beside null
     * @param constants of the generated class, if the type is an enum
     * @throws InvalidEventException if it is none of that type; the type's rules are not checked yet
     */
    static Object value(String field, Schema type, Object[] constants, JsonNode json) throws InvalidEventException {
        if (json.isNull()) {
            // Not left to the rules: a generated class has no null for a number.
            throw new InvalidEventException(field, "must not be null");
        }
        return switch (type.getType()) {
            case STRING -> LogicalTypes.uuid().equals(type.getLogicalType()) ? uuid(field, json) : text(field, json);
            case ENUM -> symbol(field, type, constants, json);
            case LONG ->
                LogicalTypes.timestampMicros().equals(type.getLogicalType())
                        ? moment(field, json)
                        : integer(field, json);
            case DOUBLE -> number(field, json);
            case ARRAY -> texts(field, json);
            default -> throw new IllegalArgumentException(field + ": events of type " + type + " are not read");
        };
    }

    private static UUID uuid(String field, JsonNode json) throws InvalidEventException {
        if (!json.isTextual() || !UUID_TEXT.matcher(json.textValue()).matches()) {
            throw new InvalidEventException(field, "must be a UUID in its 36-character form");
        }
        return UUID.fromString(json.textValue());
    }

    private static String text(String field, JsonNode json) throws InvalidEventException {
        if (json.isTextual()) {
            return json.textValue();
        }
        throw new InvalidEventException(field, "must be a string");
    }

    private static Object symbol(String field, Schema type, Object[] constants, JsonNode json)
            throws InvalidEventException {
        String symbol = json.isTextual() ? json.textValue().replace('+', '_') : "";
        for (Object constant : constants) {
            if (constant.toString().equals(symbol)) {
                return constant;
            }
        }
        throw new InvalidEventException(
                field,
                "must be one of " + String.join(", ", type.getEnumSymbols()).replace("etl_rag", "etl+rag"));
    }

    private static Long integer(String field, JsonNode json) throws InvalidEventException {
        if (!json.isIntegralNumber()) {
            throw new InvalidEventException(field, "must be an integer, written without a decimal point");
        }
        if (!json.canConvertToLong()) {
            throw new InvalidEventException(field, "must be an integer of 64 bits");
        }
        return json.longValue();
    }

    private static Double number(String field, JsonNode json) throws InvalidEventException {
        // Avro's JSON has no numbers for these; they are read so that the rule can say what is wrong with them
        if (json.isTextual() && List.of("NaN", "Infinity", "-Infinity").contains(json.textValue())) {
            return Double.valueOf(json.textValue());
        }
        if (!json.isNumber()) {
            throw new InvalidEventException(field, "must be a number");
        }
        return json.doubleValue();
    }

    private static Instant moment(String field, JsonNode json) throws InvalidEventException {
        if (json.isIntegralNumber() && json.canConvertToLong()) {
            if (Math.abs(json.longValue()) < FEWEST_MICROS) {
                throw new InvalidEventException(
                        field, "must be microseconds since 1970: so small a number looks like milliseconds or seconds");
            }
            return Instant.EPOCH.plus(json.longValue(), ChronoUnit.MICROS);
        }
        if (json.isTextual()) {
            try {
                return OffsetDateTime.parse(json.textValue()).toInstant();
            } catch (DateTimeException e) {
                // told below
            }
        }
        throw new InvalidEventException(
                field, "must be an ISO 8601 timestamp with T and an offset or Z, or microseconds since 1970");
    }

    private static List<String> texts(String field, JsonNode json) throws InvalidEventException {
        if (!json.isArray()) {
            throw new InvalidEventException(field, "must be an array of strings");
        }
        List<String> texts = new ArrayList<>(json.size());
        for (JsonNode item : json) {
            if (!item.isTextual()) {
                throw new InvalidEventException(field + "[" + texts.size() + "]", "must be a string");
            }
            texts.add(item.textValue());
        }
        return texts;
    }
}

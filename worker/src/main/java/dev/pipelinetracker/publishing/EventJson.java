package dev.pipelinetracker.publishing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pipelinetracker.publish.EventFeed;
import dev.pipelinetracker.wire.EventRules;
import dev.pipelinetracker.wire.EventSchemas;
import dev.pipelinetracker.wire.GeneratedEvent;
import dev.pipelinetracker.wire.InvalidEventException;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * Reads one feed's events from JSON: an object with the schema's field names, values as Avro's JSON encoding has them, and some
 * that people would rather write:
 *
 * <ul>
 *   <li>a timestamp as ISO 8601 text with an offset or {@code Z}, or as microseconds since 1970
 *   <li>a nullable value as it is, or wrapped in its type's name, {@code {"string": "text"}}; a field with a default may be
 *       left out
 *   <li>an enum's symbol, or {@code etl+rag} for {@code etl_rag}
 *   <li>JSON that a text field holds ({@code chart_config}) as an object, too
 * </ul>
 *
 * <p>Not safe for use by several threads.
 */
final class EventJson {
    private static final int LONGEST_TEXT = 64 * 1024 * 1024;

    private static final String TOO_MUCH = "must not have numbers of more than "
            + StreamReadConstraints.DEFAULT_MAX_NUM_LEN + " digits, nor nest deeper than "
            + StreamReadConstraints.DEFAULT_MAX_DEPTH + " levels";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    static {
        JSON.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxStringLength(LONGEST_TEXT)
                        .build());
    }

    private final GeneratedEvent<? extends SpecificRecord> generated;
    private final Schema schema;
    private final EventRules rules;

    EventJson(EventFeed feed) {
        this.schema = new Schema.Parser().parse(EventSchemas.avsc(feed.eventType()));
        this.rules = EventRules.of(schema);
        this.generated = new GeneratedEvent<>(feed.eventType());
    }

    /**
     * The event that the text is, with all rules kept.
     *
     * @throws InvalidEventException if it is none; names field and rule, never a value
     */
    SpecificRecord read(String text) throws InvalidEventException {
        Map<String, String> fields = RawFields.of(text);
        for (String name : fields.keySet()) {
            if (schema.getField(name) == null) {
                throw new InvalidEventException(
                        printable(name),
                        "no such field; the fields are "
                                + schema.getFields().stream()
                                        .map(Schema.Field::name)
                                        .collect(Collectors.joining(", ")));
            }
        }
        SpecificRecord event = generated.empty();
        for (Schema.Field field : schema.getFields()) {
            event.put(field.pos(), value(field, fields.get(field.name())));
        }
        rules.check(event);
        return event;
    }

    private @Nullable Object value(Schema.Field field, @Nullable String raw) throws InvalidEventException {
        if (raw == null) {
            if (!field.hasDefaultValue()) {
                throw new InvalidEventException(field.name(), "is missing");
            }
            return SpecificData.get().getDefaultValue(field);
        }
        if (raw.startsWith("{") && field.getObjectProp("contentMediaType") != null) {
            // As it was written: made a tree first, 100.0 would be 100. The rule says which numbers and depths are too
            // much.
            return raw;
        }
        JsonNode json = tree(field.name(), raw);
        if (!field.schema().isUnion()) {
            return value(field, field.schema(), json);
        }
        if (json.isNull()) {
            return null;
        }
        Schema type = field.schema().getTypes().stream()
                .filter(branch -> branch.getType() != Schema.Type.NULL)
                .findFirst()
                .orElseThrow();
        return value(field, type, unwrapped(type, json));
    }

    private Object value(Schema.Field field, Schema type, JsonNode json) throws InvalidEventException {
        Object[] constants = type.getType() == Schema.Type.ENUM ? generated.constants(type) : new Object[0];
        return FieldJson.value(field.name(), type, constants, json);
    }

    private static JsonNode tree(String field, String raw) throws InvalidEventException {
        try {
            return JSON.readTree(raw);
        } catch (JsonProcessingException e) {
            // It was found to be JSON before, so it is one of the mapper's limits.
            throw new InvalidEventException(field, TOO_MUCH);
        }
    }

    /** Avro's JSON wraps a union's value in its type's name. */
    private static JsonNode unwrapped(Schema type, JsonNode json) {
        if (json.isObject() && json.size() == 1) {
            Map.Entry<String, JsonNode> only = json.properties().iterator().next();
            if (only.getKey().equals(type.getFullName()) || only.getKey().equals(type.getName())) {
                return only.getValue();
            }
        }
        return json;
    }

    /** A field's name of the user's, fit for a message. */
    static String printable(String name) {
        String printable = name.replaceAll("[^\\w.-]", "?");
        return printable.length() <= 60 ? printable : printable.substring(0, 60) + "...";
    }
}

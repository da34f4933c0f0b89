package dev.pipelinetracker.publishing;

import dev.pipelinetracker.publish.EventFeed;
import dev.pipelinetracker.wire.EventSchemas;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.LogicalType;
import org.apache.avro.Schema;

/** The names of all rules that a feed's fields must keep: those that the {@code .avsc} states, and those of every event. */
final class FieldRules {

    private FieldRules() {}

    /** As {@code field rule}; of an array's items {@code field[] rule}. */
    static Set<String> of(EventFeed feed) {
        Set<String> rules = new TreeSet<>();
        for (Schema.Field field :
                new Schema.Parser().parse(EventSchemas.avsc(feed.eventType())).getFields()) {
            Set<String> ofField = new LinkedHashSet<>(field.getObjectProps().keySet());
            if (!field.hasDefaultValue()) {
                ofField.add("missing");
            }
            if (!field.schema().isNullable()) {
                ofField.add("null");
            }
            Schema type = field.schema().isUnion() ? field.schema().getTypes().get(1) : field.schema();
            ofField.addAll(ofType(type));
            if (ofField.contains("contentMediaType")) {
                ofField.addAll(List.of("object", "names", "depth", "digits", "escaped NUL", "escaped surrogate"));
            }
            if (ofField.contains("maxLength")) {
                ofField.remove("longest");
            }
            ofField.forEach(rule -> rules.add(field.name() + " " + rule));
            if (type.getType() == Schema.Type.ARRAY) {
                ofType(type.getElementType()).forEach(rule -> rules.add(field.name() + "[] " + rule));
            }
        }
        return rules;
    }

    private static List<String> ofType(Schema type) {
        LogicalType logicalType = type.getLogicalType();
        if (logicalType != null) {
            return switch (logicalType.getName()) {
                case "uuid" -> List.of("uuid");
                case "timestamp-micros" -> List.of("moment", "micros", "years");
                default -> throw new IllegalArgumentException("Rules of a new logical type: " + type);
            };
        }
        return switch (type.getType()) {
            case STRING -> List.of("type", "NUL", "surrogate", "longest");
            case LONG -> List.of("type", "64 bits");
            case DOUBLE -> List.of("type", "finite");
            case ENUM -> List.of("symbol");
            case ARRAY -> List.of("type");
            default -> throw new IllegalArgumentException("Rules of a new type: " + type);
        };
    }
}

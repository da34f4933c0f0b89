package dev.pipelinetracker.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.avro.LogicalType;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;

/**
 * Where two schemas mean different things by the same bytes: {@code timestamp-millis} read as {@code timestamp-micros} is a
 * day in 1970, and neither Avro's resolution nor a registry's compatibility looks at logical types.
 *
 * <p>Text may say that it is a {@code uuid} or not: it is checked when it is read.
 */
public final class LogicalTypeChange {

    private LogicalTypeChange() {}

    /**
     * A line per field that both records have, with its name and what its logical type must be; empty if all agree. Says nothing
     * of what Avro itself finds incompatible.
     */
    public static List<String> describe(Schema reader, Schema writer) {
        List<String> changes = new ArrayList<>();
        if (reader.getType() == Schema.Type.RECORD && writer.getType() == Schema.Type.RECORD) {
            for (Schema.Field field : reader.getFields()) {
                Schema.Field written = writer.getField(field.name());
                if (written != null) {
                    compare(field.name(), field.schema(), written.schema(), changes);
                }
            }
        }
        return changes;
    }

    /** Goes down the reader's type, which is ours and finite; a writer's may be recursive. */
    private static void compare(String field, Schema reader, Schema writer, List<String> changes) {
        if (writer.isUnion()) {
            writer.getTypes().forEach(branch -> compare(field, reader, branch, changes));
        } else if (reader.isUnion()) {
            reader.getTypes().stream()
                    .filter(branch -> isReadAs(branch, writer))
                    .findFirst()
                    .ifPresent(branch -> compare(field, branch, writer, changes));
        } else if (reader.getType() == Schema.Type.ARRAY && writer.getType() == Schema.Type.ARRAY) {
            compare(field, reader.getElementType(), writer.getElementType(), changes);
        } else if (isReadAs(reader, writer)
                && !(reader.getType() == Schema.Type.STRING && writer.getType() == Schema.Type.STRING)
                && !Objects.equals(name(reader), name(writer))) {
            changes.add(field + ": its logicalType must be " + name(reader) + " and is " + name(writer));
        }
    }

    private static boolean isReadAs(Schema reader, Schema writer) {
        return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
                        .getType()
                == SchemaCompatibilityType.COMPATIBLE;
    }

    /** As Avro understands it: a name that is unknown, or not for the type, is none. */
    private static String name(Schema schema) {
        LogicalType type = schema.getLogicalType();
        return type == null ? "none" : type.getName();
    }
}

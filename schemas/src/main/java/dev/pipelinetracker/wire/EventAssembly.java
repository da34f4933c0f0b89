package dev.pipelinetracker.wire;

import java.util.ArrayList;
import java.util.List;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions.TimestampMicrosConversion;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.Utf8;

/**
 * Makes the event of Avro's raw values (UTF-8 bytes, longs, symbols), field by field. Avro's own conversions are lenient
 * where a changed value would be stored as if it were the writer's; these are strict and know the field's name.
 *
 * <p>Immutable, so safe for use by several threads.
 */
final class EventAssembly<E extends SpecificRecord> {
    private static final TimestampMicrosConversion MICROS = new TimestampMicrosConversion();
    private static final Part AS_IS = raw -> raw;

    private final GeneratedEvent<E> generated;
    private final Part[] parts;

    /** @throws IllegalArgumentException if a field has a type that no event has needed so far */
    EventAssembly(Class<E> type, Schema schema) {
        this.generated = new GeneratedEvent<>(type);
        this.parts = schema.getFields().stream()
                .map(field -> part(field.name(), field.schema(), generated))
                .toArray(Part[]::new);
    }

    /** @param raw a record of the schema that was given to the constructor, its strings as {@link Utf8} */
    E assemble(IndexedRecord raw) throws UnreadableEventException {
        E event = generated.empty();
        for (int i = 0; i < parts.length; i++) {
            Object value = raw.get(i);
            if (value != null) {
                event.put(i, parts[i].of(value));
            }
        }
        return event;
    }

    private static Part part(String field, Schema schema, GeneratedEvent<?> event) {
        LogicalType logicalType = schema.getLogicalType();
        return switch (schema.getType()) {
            case STRING ->
                logicalType == null
                        ? raw -> StrictUtf8.decode(field, (Utf8) raw)
                        : logicalType.equals(LogicalTypes.uuid())
                                ? raw -> StrictUuid.decode(field, (Utf8) raw)
                                : unsupported(field, schema);
            case LONG ->
                logicalType == null
                        ? AS_IS
                        : logicalType.equals(LogicalTypes.timestampMicros())
                                ? raw -> MICROS.fromLong((Long) raw, schema, logicalType)
                                : unsupported(field, schema);
            case INT, FLOAT, DOUBLE, BOOLEAN -> logicalType == null ? AS_IS : unsupported(field, schema);
            case ENUM -> constants(schema, event.constants(schema));
            case ARRAY -> items(part(field, schema.getElementType(), event));
            case UNION -> part(field, Unions.nonNull(field, schema), event);
            default -> unsupported(field, schema);
        };
    }

    private static Part items(Part item) {
        return raw -> {
            List<?> rawItems = (List<?>) raw;
            List<Object> items = new ArrayList<>(rawItems.size());
            for (Object rawItem : rawItems) {
                items.add(item.of(rawItem));
            }
            return items;
        };
    }

    private static Part constants(Schema schema, Object[] constants) {
        return raw -> constants[schema.getEnumOrdinal(raw.toString())];
    }

    private static Part unsupported(String field, Schema schema) {
        throw new IllegalArgumentException(field + ": events of type " + schema + " are not supported");
    }

    /** What becomes of one raw value that is not null. */
    @FunctionalInterface
    private interface Part {
        Object of(Object raw) throws UnreadableEventException;
    }
}

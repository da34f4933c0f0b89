package dev.pipelinetracker.wire;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.FastReaderBuilder;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * Turns Confluent's wire format into events: the writer's schema comes from the registry by its id and is resolved to the
 * event class's own. Safe for use by several threads.
 *
 * <p>It is strict: the event is what the writer wrote, or there is none. Bytes left over, malformed UTF-8 and UUIDs that are
 * not in their 36-character form are unreadable, and so is what was written with another logical type than ours. Lengths that lie cost nothing: no string beyond 16 MiB and no array beyond
 * 1,000,000 items is read, and none beyond the payload's own length.
 *
 * <p>It does not check the rules that the schema states: that is {@link EventRules}.
 */
public final class EventDecoder<E extends SpecificRecord> {
    static {
        AvroLimits.set();
    }

    /** A decoder is a cursor over one payload, and is set anew for each. */
    private static final ThreadLocal<@Nullable BinaryDecoder> CURSOR = new ThreadLocal<>();

    private final String typeName;
    private final SchemaRegistry registry;
    private final Schema readerSchema;
    private final EventAssembly<E> assembly;
    private final ConcurrentHashMap<Integer, Resolution> resolutions = new ConcurrentHashMap<>();

    /**
     * @param type the generated event class
     * @param registry where schemas are found by id
     * @throws IllegalArgumentException if the class has no {@code .avsc}, or one with types that are not supported
     */
    public EventDecoder(Class<E> type, SchemaRegistry registry) {
        this.typeName = type.getSimpleName();
        this.registry = registry;
        // As the author wrote it, so without avro.java.string: strings come as the bytes they are.
        this.readerSchema = new Schema.Parser().parse(EventSchemas.avsc(type));
        this.assembly = new EventAssembly<>(type, readerSchema);
    }

    /**
     * Decodes one record's value.
     *
     * @param payload the value as Kafka delivered it; null is unreadable
     * @return the event; its rules are not checked yet
     * @throws UnreadableEventException if the payload is no such event, or its schema is unknown
     * @throws RegistryUnavailableException if the schema is not cached and the registry gives no answer: the world's fault,
     *     to be retried
     */
    public E decode(byte @Nullable [] payload) throws UnreadableEventException {
        int schemaId = WireFormat.schemaId(payload);
        return assembly.assemble(read(Objects.requireNonNull(payload), schemaId, resolution(schemaId)));
    }

    /**
     * Whether a value is decoded, or found to be no event, without asking the registry.
     *
     * @param payload the value as Kafka delivered it
     */
    public boolean isSchemaKnown(byte @Nullable [] payload) {
        try {
            return resolutions.containsKey(WireFormat.schemaId(payload));
        } catch (UnreadableEventException e) {
            return true;
        }
    }

    private GenericRecord read(byte[] payload, int schemaId, Resolution resolution) throws UnreadableEventException {
        BinaryDecoder before = CURSOR.get();
        BinaryDecoder cursor = DecoderFactory.get()
                .binaryDecoder(payload, WireFormat.HEADER_LENGTH, payload.length - WireFormat.HEADER_LENGTH, before);
        if (before == null) {
            CURSOR.set(cursor);
        }
        GenericRecord raw;
        boolean atEnd;
        try {
            raw = Objects.requireNonNull(resolution.reader()).read(null, cursor);
            atEnd = cursor.isEnd();
        } catch (IOException | RuntimeException | StackOverflowError e) {
            // All that the bytes can cause; a recursive schema turns them into a StackOverflowError. Only the kind is
            // told:
            // Avro's messages may quote values.
            throw new UnreadableEventException("not a " + typeName + " written with schema id " + schemaId + " ("
                    + e.getClass().getSimpleName() + ")" + resolution.mismatch());
        }
        if (!atEnd) {
            throw new UnreadableEventException(
                    "bytes left over after a " + typeName + " written with schema id " + schemaId);
        }
        return raw;
    }

    private Resolution resolution(int schemaId) throws UnreadableEventException {
        Resolution resolution = resolutions.get(schemaId);
        if (resolution == null) {
            Resolution made = resolve(schemaId);
            Resolution first = resolutions.putIfAbsent(schemaId, made);
            resolution = first == null ? made : first;
        }
        if (resolution.fault() != null) {
            throw new UnreadableEventException(resolution.fault());
        }
        return resolution;
    }

    private Resolution resolve(int schemaId) throws UnreadableEventException {
        Schema writerSchema;
        try {
            writerSchema = registry.byId(schemaId);
        } catch (UnknownSchemaException e) {
            throw new UnreadableEventException("no usable schema: " + e.getMessage());
        }
        List<String> changes = LogicalTypeChange.describe(readerSchema, writerSchema);
        if (!changes.isEmpty()) {
            return Resolution.none("schema id " + schemaId + ": " + String.join("; ", changes));
        }
        String mismatch = SchemaMismatch.describe(readerSchema, writerSchema);
        try {
            // The fast reader without its GenericDatumReader around it: that one makes it lazily and without a barrier,
            // no way
            // to hand it to other threads. Once made, it is never changed. Its builder is not shared: the builder's
            // cache of
            // readers is not safe for several threads.
            DatumReader<GenericRecord> reader =
                    new FastReaderBuilder(new GenericData()).createDatumReader(writerSchema, readerSchema);
            return new Resolution(reader, mismatch, null);
        } catch (IOException | AvroRuntimeException e) {
            return Resolution.none("schema id " + schemaId + " does not resolve to " + typeName + mismatch);
        }
    }

    /**
     * How one writer's schema is read.
     *
     * @param reader null if none of its events can be read
     * @param mismatch where it does not fit, to say so when it matters
     * @param fault why none of its events can be read
     */
    private record Resolution(
            @Nullable DatumReader<GenericRecord> reader,
            String mismatch,
            @Nullable String fault) {

        static Resolution none(String fault) {
            return new Resolution(null, "", fault);
        }
    }
}

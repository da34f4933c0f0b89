package dev.pipelinetracker.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;

/**
 * Turns events into Confluent's wire format, byte for byte what Confluent's {@code KafkaAvroSerializer} makes of them. Safe
 * for use by several threads.
 *
 * <p>It encodes what it is given. Put an event through {@link EventRules} first: Java's UTF-8, for one, turns half a
 * surrogate pair into a question mark without a word.
 */
public final class EventEncoder<E extends SpecificRecord> {
    private static final int TYPICAL_LENGTH = 256;

    private final SpecificDatumWriter<E> writer;
    private final int schemaId;

    /**
     * @param type the generated event class
     * @param schemaId the id under which the registry knows the class's schema, see {@link SchemaRegistry#register}
     */
    public EventEncoder(Class<E> type, int schemaId) {
        this.writer = new SpecificDatumWriter<>(type);
        this.schemaId = schemaId;
    }

    /**
     * Encodes one event.
     *
     * @return header and Avro binary
     * @throws RuntimeException Avro's own, if a field that may not be null is
     */
    public byte[] encode(E event) {
        ByteArrayOutputStream avro = new ByteArrayOutputStream(TYPICAL_LENGTH);
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(avro, null);
        try {
            writer.write(event, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("Memory cannot fail to be written to", e);
        }
        return WireFormat.frame(schemaId, avro.toByteArray());
    }
}

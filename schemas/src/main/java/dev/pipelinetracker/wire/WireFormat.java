package dev.pipelinetracker.wire;

import org.jspecify.annotations.Nullable;

/**
 * Confluent's wire format: byte {@code 0x00}, the schema's id as four big-endian bytes, Avro binary.
 *
 * @see <a href="https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format">Confluent:
 *     wire format</a>
 */
public final class WireFormat {
    /** Bytes before the Avro binary. */
    public static final int HEADER_LENGTH = 5;

    private static final byte MAGIC = 0x00;
    private static final byte GUID_MAGIC = 0x01;
    private static final byte SINGLE_OBJECT_MAGIC = (byte) 0xC3;
    private static final byte SINGLE_OBJECT_VERSION = 0x01;

    private WireFormat() {}

    /**
     * Reads the header.
     *
     * @param payload a record's value; null for a tombstone
     * @return the id of the schema that the Avro binary was written with
     * @throws UnreadableEventException if this is not the wire format; the message names what it looks like instead
     */
    public static int schemaId(byte @Nullable [] payload) throws UnreadableEventException {
        if (payload == null) {
            throw new UnreadableEventException("null value");
        }
        if (payload.length == 0) {
            throw new UnreadableEventException("empty value");
        }
        if (payload[0] == GUID_MAGIC) {
            throw new UnreadableEventException(
                    "Confluent's framing by schema GUID (first byte 0x01) is not supported, only by schema id (0x00)");
        }
        if (payload[0] == SINGLE_OBJECT_MAGIC && payload.length > 1 && payload[1] == SINGLE_OBJECT_VERSION) {
            throw new UnreadableEventException(
                    "Avro's single-object encoding (first bytes 0xC3 0x01) is not supported, only Confluent's wire format");
        }
        if (payload[0] != MAGIC) {
            throw new UnreadableEventException("not Confluent's wire format: the first byte is not 0x00");
        }
        if (payload.length < HEADER_LENGTH) {
            throw new UnreadableEventException("too short for Confluent's wire format: " + payload.length
                    + " bytes, its header alone has " + HEADER_LENGTH);
        }
        return (payload[1] & 0xFF) << 24 | (payload[2] & 0xFF) << 16 | (payload[3] & 0xFF) << 8 | (payload[4] & 0xFF);
    }

    /**
     * Puts the header before an event.
     *
     * @param schemaId id of the schema that {@code avro} was written with
     * @param avro Avro binary
     * @return a new array: header, then {@code avro}
     */
    public static byte[] frame(int schemaId, byte[] avro) {
        byte[] framed = new byte[HEADER_LENGTH + avro.length];
        framed[0] = MAGIC;
        framed[1] = (byte) (schemaId >>> 24);
        framed[2] = (byte) (schemaId >>> 16);
        framed[3] = (byte) (schemaId >>> 8);
        framed[4] = (byte) schemaId;
        System.arraycopy(avro, 0, framed, HEADER_LENGTH, avro.length);
        return framed;
    }
}

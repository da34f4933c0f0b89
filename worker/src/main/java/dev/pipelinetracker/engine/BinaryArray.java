package dev.pipelinetracker.engine;

import dev.pipelinetracker.engine.Upsert.Column;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoField;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.jdbc.PgArray;

/**
 * A one-dimensional array as PostgreSQL's {@code array_recv} reads it: neither side has to write, quote or parse text.
 * {@link Connection#createArrayOf} does so for some types only, and from boxed values.
 *
 * @see <a href="https://www.postgresql.org/docs/current/sql-createtype.html">receive functions</a>, whose forms are those
 *     of the types' {@code _recv} in PostgreSQL's source
 */
final class BinaryArray {

    private static final int NULL = -1;
    private static final int HEADER_BYTES = 5 * Integer.BYTES;
    private static final long EPOCH_OF_POSTGRES = 946_684_800;
    private static final long MICROS = 1_000_000;

    private final ByteBuffer bytes;

    private BinaryArray(int size) {
        this.bytes = ByteBuffer.allocate(size);
    }

    /**
     * The column's values of these events, in their order.
     *
     * @throws ArithmeticException if they take more than 2 GiB
     */
    static <E> Array of(Connection connection, Column<E> column, List<E> events) throws SQLException {
        // texts first, and all of it at once into what it takes: an array that grows to megabytes is garbage of
        // megabytes
        // many times over, which a small heap can only collect whole
        byte[] encoded = column.type() == ColumnType.TEXT ? texts(column, events) : numbers(column, events);
        return new PgArray(
                connection.unwrap(BaseConnection.class), column.type().arrayOid(), encoded);
    }

    private static <E> byte[] texts(Column<E> column, List<E> events) {
        byte @Nullable [][] texts = new byte[events.size()][];
        int size = 0;
        for (int i = 0; i < texts.length; i++) {
            Object value = column.value().apply(events.get(i));
            if (value != null) {
                texts[i] = value.toString().getBytes(StandardCharsets.UTF_8);
                size = Math.addExact(size, texts[i].length);
            }
        }
        BinaryArray array = new BinaryArray(sized(texts.length, size));
        array.putHeader(column.type(), texts.length);
        for (byte[] text : texts) {
            if (text == null) {
                array.bytes.putInt(NULL);
            } else {
                array.bytes.putInt(text.length).put(text);
            }
        }
        return array.bytes.array();
    }

    private static <E> byte[] numbers(Column<E> column, List<E> events) {
        int width = width(column.type());
        BinaryArray array = new BinaryArray(sized(events.size(), Math.multiplyExact(events.size(), width)));
        array.putHeader(column.type(), events.size());
        for (E event : events) {
            Object value = column.value().apply(event);
            if (value == null) {
                array.bytes.putInt(NULL);
            } else {
                array.bytes.putInt(width);
                array.put(column.type(), value);
            }
        }
        return Arrays.copyOf(array.bytes.array(), array.bytes.position());
    }

    private static int sized(int values, int bytes) {
        return Math.addExact(HEADER_BYTES + values * Integer.BYTES, bytes);
    }

    private void putHeader(ColumnType type, int values) {
        bytes.putInt(1); // dimensions
        bytes.putInt(1); // there may be nulls
        bytes.putInt(type.oid());
        bytes.putInt(values);
        bytes.putInt(1); // the first one's index
    }

    /** Of each value that is not null. */
    private static int width(ColumnType type) {
        return switch (type) {
            case UUID -> 2 * Long.BYTES;
            case INT4 -> Integer.BYTES;
            case FLOAT8, TIMESTAMP -> Long.BYTES;
            case TEXT -> throw new IllegalArgumentException("texts have none");
        };
    }

    private void put(ColumnType type, Object value) {
        switch (type) {
            case UUID -> {
                UUID uuid = (UUID) value;
                bytes.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
            }
            case INT4 -> bytes.putInt(Math.toIntExact((Long) value));
            case FLOAT8 -> bytes.putDouble((Double) value);
            case TIMESTAMP -> {
                Instant instant = (Instant) value;
                bytes.putLong((instant.getEpochSecond() - EPOCH_OF_POSTGRES) * MICROS
                        + instant.get(ChronoField.MICRO_OF_SECOND));
            }
            case TEXT -> throw new IllegalArgumentException("texts are put by themselves");
        }
    }
}

package dev.pipelinetracker.engine;

import dev.pipelinetracker.engine.Upsert.Column;
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
    private static final int UUID_BYTES = 16;
    private static final long EPOCH_OF_POSTGRES = 946_684_800;
    private static final long MICROS = 1_000_000;

    private byte[] bytes;
    private int length;

    private BinaryArray(int typicalBytes) {
        this.bytes = new byte[typicalBytes];
    }

    /** The column's values of these events, in their order. */
    static <E> Array of(Connection connection, Column<E> column, List<E> events) throws SQLException {
        BinaryArray array = new BinaryArray(32 + events.size() * 24);
        array.putInt(1); // dimensions
        array.putInt(1); // there may be nulls
        array.putInt(column.type().oid());
        array.putInt(events.size());
        array.putInt(1); // the first one's index
        for (E event : events) {
            array.put(column.type(), column.value().apply(event));
        }
        byte[] encoded = Arrays.copyOf(array.bytes, array.length);
        return new PgArray(
                connection.unwrap(BaseConnection.class), column.type().arrayOid(), encoded);
    }

    private void put(ColumnType type, @Nullable Object value) {
        if (value == null) {
            putInt(NULL);
            return;
        }
        switch (type) {
            case UUID -> put((UUID) value);
            case TEXT -> put(value.toString());
            case INT4 -> {
                putInt(Integer.BYTES);
                putInt(Math.toIntExact((Long) value));
            }
            case FLOAT8 -> {
                putInt(Double.BYTES);
                putLong(Double.doubleToLongBits((Double) value));
            }
            case TIMESTAMP -> put((Instant) value);
        }
    }

    private void put(UUID value) {
        putInt(UUID_BYTES);
        putLong(value.getMostSignificantBits());
        putLong(value.getLeastSignificantBits());
    }

    private void put(Instant value) {
        putInt(Long.BYTES);
        putLong((value.getEpochSecond() - EPOCH_OF_POSTGRES) * MICROS + value.get(ChronoField.MICRO_OF_SECOND));
    }

    private void put(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        putInt(utf8.length);
        ensure(utf8.length);
        System.arraycopy(utf8, 0, bytes, length, utf8.length);
        length += utf8.length;
    }

    private void putInt(int value) {
        ensure(Integer.BYTES);
        bytes[length++] = (byte) (value >> 24);
        bytes[length++] = (byte) (value >> 16);
        bytes[length++] = (byte) (value >> 8);
        bytes[length++] = (byte) value;
    }

    private void putLong(long value) {
        putInt((int) (value >> 32));
        putInt((int) value);
    }

    private void ensure(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.multiplyExact(bytes.length, 2), Math.addExact(length, more)));
        }
    }
}

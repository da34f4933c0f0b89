package dev.pipelinetracker.wire;

import java.util.Arrays;
import java.util.UUID;
import org.apache.avro.util.Utf8;

/**
 * A UUID from its 36-character text form (RFC 9562), in either case. Java's own {@link UUID#fromString} also takes
 * {@code 1-1-1-1-1} and drops the excess of groups that are too long, so two different texts could become one identity.
 */
final class StrictUuid {
    private static final int LENGTH = 36;
    private static final byte[] DIGITS = digits();

    private StrictUuid() {}

    static UUID decode(String field, Utf8 utf8) throws UnreadableEventException {
        byte[] text = utf8.getBytes();
        if (utf8.getByteLength() == LENGTH && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-') {
            long a = hex(text, 0, 8);
            long b = hex(text, 9, 13);
            long c = hex(text, 14, 18);
            long d = hex(text, 19, 23);
            long e = hex(text, 24, 36);
            if ((a | b | c | d | e) >= 0) {
                return new UUID(a << 32 | b << 16 | c, d << 48 | e);
            }
        }
        throw new UnreadableEventException(field + ": not a UUID in its 36-character form");
    }

    /** At most 12 digits, so never negative unless one of them is no digit. */
    private static long hex(byte[] text, int from, int to) {
        long value = 0;
        long sign = 0;
        for (int i = from; i < to; i++) {
            byte digit = DIGITS[text[i] & 0xFF];
            sign |= digit;
            value = value << 4 | digit;
        }
        return sign < 0 ? -1 : value;
    }

    private static byte[] digits() {
        byte[] digits = new byte[256];
        Arrays.fill(digits, (byte) -1);
        for (int value = 0; value < 16; value++) {
            digits[Character.forDigit(value, 16)] = (byte) value;
            digits[Character.toUpperCase(Character.forDigit(value, 16))] = (byte) value;
        }
        return digits;
    }
}

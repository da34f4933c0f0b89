package dev.pipelinetracker.wire;

/**
 * What PostgreSQL's {@code numeric}, and so a number in {@code jsonb}, can hold.
 *
 * @see <a href="https://www.postgresql.org/docs/current/datatype-numeric.html">PostgreSQL: numeric types</a>
 */
final class Numeric {
    static final int MAX_INTEGER_DIGITS = 131_072;
    static final int MAX_SCALE = 16_383;

    /** PostgreSQL reads no exponent of this size, not even of zero. */
    private static final int EXPONENT_BOUND = Integer.MAX_VALUE / 2;

    private Numeric() {}

    /**
     * Whether a number fits, told from its text alone: {@code 1e400000} is small as text, and huge as a number.
     *
     * @param text holds a number in JSON's syntax from {@code offset} on for {@code length} chars
     */
    static boolean fits(char[] text, int offset, int length) {
        int end = offset + length;
        int i = text[offset] == '-' ? offset + 1 : offset;
        int digits = 0; // all, before the exponent
        int scale = 0; // of them, after the point
        int leadingZeros = 0;
        boolean point = false;
        for (; i < end && text[i] != 'e' && text[i] != 'E'; i++) {
            if (text[i] == '.') {
                point = true;
                continue;
            }
            if (leadingZeros == digits && text[i] == '0') {
                leadingZeros++;
            }
            digits++;
            if (point) {
                scale++;
            }
        }
        long exponent = i < end ? exponent(text, i + 1, end) : 0;
        if (Math.abs(exponent) >= EXPONENT_BOUND || scale - exponent > MAX_SCALE) {
            return false;
        }
        boolean zero = leadingZeros == digits;
        long integerDigits = digits - scale - leadingZeros + exponent;
        return zero || integerDigits <= MAX_INTEGER_DIGITS;
    }

    /** Any value beyond the bound once it is beyond it. */
    private static long exponent(char[] text, int from, int end) {
        boolean negative = text[from] == '-';
        long exponent = 0;
        for (int i = negative || text[from] == '+' ? from + 1 : from; i < end; i++) {
            exponent = Math.min(exponent * 10 + (text[i] - '0'), EXPONENT_BOUND);
        }
        return negative ? -exponent : exponent;
    }
}

package dev.pipelinetracker.wire;

/** Text that PostgreSQL stores as it is: no NUL, whole surrogate pairs, a length in code points. */
final class TextRule implements ValueRule {
    /** No string of an event is longer, whatever its field says. */
    static final int MAX_CODE_POINTS = 4_194_304;

    private final int min;
    private final int max;

    /** Lengths in code points, inclusive. */
    TextRule(int min, int max) {
        this.min = min;
        this.max = max;
    }

    @Override
    public void check(String field, Object value) throws InvalidEventException {
        if (!(value instanceof CharSequence text)) {
            throw new InvalidEventException(field, "must be a string");
        }
        check(field, text.toString());
    }

    void check(String field, String text) throws InvalidEventException {
        int chars = text.length();
        // At most two chars are one code point. Spares reading a text that is far too long.
        if (chars / 2 > max) {
            throw tooLong(field);
        }
        int pairs = 0;
        for (int i = 0; i < chars; i++) {
            char c = text.charAt(i);
            if (c == 0) {
                throw new InvalidEventException(field, "must not contain NUL (U+0000)");
            }
            if (Character.isSurrogate(c)) {
                if (!isPairAt(text, i)) {
                    throw new InvalidEventException(field, "must not contain half of a surrogate pair");
                }
                pairs++;
                i++;
            }
        }
        int codePoints = chars - pairs;
        if (codePoints < min) {
            throw new InvalidEventException(
                    field, min == 1 ? "must not be empty" : "must have at least " + min + " characters");
        }
        if (codePoints > max) {
            throw tooLong(field);
        }
    }

    private InvalidEventException tooLong(String field) {
        return new InvalidEventException(field, "must have at most " + max + " characters");
    }

    private static boolean isPairAt(String text, int i) {
        return Character.isHighSurrogate(text.charAt(i))
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
    }
}

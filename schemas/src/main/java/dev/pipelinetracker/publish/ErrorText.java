package dev.pipelinetracker.publish;

/**
 * The text of an error that can be stored. An event says that a run has failed: it must not be refused for a stray byte in
 * the error's message, so here, and only here, text is changed.
 */
final class ErrorText {
    /** In chars; enough for a message, and far below a record's limit. */
    private static final int LONGEST = 8_000;

    private static final char REPLACEMENT = '\uFFFD';

    private ErrorText() {}

    /**
     * Kind and message of an error: NUL and halves of surrogate pairs become U+FFFD, the rest beyond 8,000 chars is cut. The
     * kind alone if the error cannot tell its message.
     */
    static String of(Throwable error) {
        try {
            return storable(error.toString());
        } catch (Throwable untold) {
            // The job's own error is what matters, not what its toString() does.
            return error.getClass().getName();
        }
    }

    static String storable(String text) {
        StringBuilder storable = new StringBuilder(Math.min(text.length(), LONGEST));
        for (int i = 0; i < text.length() && i < LONGEST; i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c)
                    && i + 1 < Math.min(text.length(), LONGEST)
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                storable.append(c).append(text.charAt(++i));
            } else {
                storable.append(c == 0 || Character.isSurrogate(c) ? REPLACEMENT : c);
            }
        }
        return storable.toString();
    }
}

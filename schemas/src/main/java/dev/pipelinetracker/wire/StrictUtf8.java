package dev.pipelinetracker.wire;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.avro.util.Utf8;

/** Text from UTF-8, refusing what is not UTF-8: Java, and Avro with it, replaces malformed bytes by U+FFFD silently. */
final class StrictUtf8 {
    private static final char REPLACEMENT = '\uFFFD';

    private StrictUtf8() {}

    /** The text; a U+FFFD that the writer really wrote passes. */
    static String decode(String field, Utf8 utf8) throws UnreadableEventException {
        String text = new String(utf8.getBytes(), 0, utf8.getByteLength(), StandardCharsets.UTF_8);
        // The fast decoder first; only its suspicious results, which are rare, pay for the strict one.
        if (text.indexOf(REPLACEMENT) >= 0 && !isWellFormed(utf8)) {
            throw new UnreadableEventException(field + ": not well-formed UTF-8");
        }
        return text;
    }

    private static boolean isWellFormed(Utf8 utf8) {
        try {
            // A new decoder reports what it cannot decode.
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8.getBytes(), 0, utf8.getByteLength()));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}

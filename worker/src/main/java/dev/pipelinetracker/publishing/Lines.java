package dev.pipelinetracker.publishing;

import dev.pipelinetracker.wire.InvalidEventException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Lines of bytes, so that one that is not UTF-8 or far too long spoils no other. Not safe for use by several threads. */
final class Lines {
    /** In bytes; twice what an event may take as a record. */
    static final int LONGEST = 64 * 1024 * 1024;

    private static final int END = -1;
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final InputStream in;
    private long number;

    /** @param in the caller's to close; wrapped in a buffer if reading a byte at a time is slow */
    Lines(InputStream in) {
        this.in = in;
    }

    /** One line, without its end. */
    static final class Line {
        private final long number;
        private final byte[] bytes;
        private final boolean tooLong;

        private Line(long number, byte[] bytes, boolean tooLong) {
            this.number = number;
            this.bytes = bytes;
            this.tooLong = tooLong;
        }

        /** From 1. */
        long number() {
            return number;
        }

        /** Throws InvalidEventException if it is too long or not UTF-8. */
        String text() throws InvalidEventException {
            if (tooLong) {
                throw new InvalidEventException("event", "must have at most " + LONGEST + " bytes");
            }
            try {
                String text = StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes))
                        .toString();
                return number == 1 && !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
            } catch (CharacterCodingException e) {
                throw new InvalidEventException("event", "must be UTF-8");
            }
        }

        boolean isBlank() {
            for (byte b : bytes) {
                if (b != ' ' && b != '\t' && b != '\r') {
                    return false;
                }
            }
            return !tooLong;
        }
    }

    /** The next line; null at the end. */
    @Nullable
    Line next() throws IOException {
        int b = in.read();
        if (b == END) {
            return null;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        boolean tooLong = false;
        for (; b != '\n' && b != END; b = in.read()) {
            if (bytes.size() < LONGEST) {
                bytes.write(b);
            } else {
                tooLong = true;
            }
        }
        return new Line(++number, bytes.toByteArray(), tooLong);
    }
}

package dev.pipelinetracker.publish;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.UUID;

/**
 * Time-ordered identifiers, which keep a database's index local.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7">RFC 9562, UUID version 7</a>
 */
final class UuidV7 {
    private static final SecureRandom RANDOM = new SecureRandom();

    private UuidV7() {}

    /** An identifier made at that moment: its first 48 bits are the moment's milliseconds, 74 bits are random. */
    static UUID at(Instant moment) {
        long time = moment.toEpochMilli() << 16;
        long version = 0x7000L;
        long variant = 0x8000_0000_0000_0000L;
        return new UUID(
                time | version | (RANDOM.nextInt() & 0x0FFFL), variant | (RANDOM.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL));
    }
}

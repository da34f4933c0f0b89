package dev.pipelinetracker.wire;

import org.apache.avro.SystemLimitException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Caps on what Avro allocates because a length in the payload says so. Avro reads them from system properties, once, when its
 * {@link SystemLimitException} is loaded; a value given with {@code -D} is left alone.
 */
final class AvroLimits {
    /** The longest string that the rules allow, 4194304 code points, in UTF-8 bytes. */
    static final int MAX_BYTES = 16 * 1024 * 1024;

    /** An empty item costs one byte of payload, but some 50 bytes of heap. */
    static final int MAX_ITEMS = 1_000_000;

    private static final Logger log = LoggerFactory.getLogger(AvroLimits.class);

    private AvroLimits() {}

    /** To be called before the first decode of the JVM. */
    static void set() {
        setUnlessGiven(SystemLimitException.MAX_STRING_LENGTH_PROPERTY, MAX_BYTES);
        setUnlessGiven(SystemLimitException.MAX_BYTES_LENGTH_PROPERTY, MAX_BYTES);
        if (setUnlessGiven(SystemLimitException.MAX_COLLECTION_LENGTH_PROPERTY, MAX_ITEMS) && !isInForce()) {
            log.warn(
                    "Avro was in use before its limits were set: give them with -D{}={} and its siblings",
                    SystemLimitException.MAX_COLLECTION_LENGTH_PROPERTY,
                    MAX_ITEMS);
        }
    }

    private static boolean setUnlessGiven(String property, int limit) {
        // The names are compile-time constants: naming them does not load Avro's class.
        if (System.getProperty(property) != null) {
            return false;
        }
        System.setProperty(property, Integer.toString(limit));
        return true;
    }

    private static boolean isInForce() {
        try {
            SystemLimitException.checkMaxCollectionLength(0, MAX_ITEMS + 1L);
            return false;
        } catch (SystemLimitException e) {
            return true;
        }
    }
}

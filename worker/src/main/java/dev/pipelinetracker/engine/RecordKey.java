package dev.pipelinetracker.engine;

import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The contract's record key: the organization's UUID in its 36-character text form, UTF-8. */
final class RecordKey {

    private static final Pattern FORM = Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

    private static final int LENGTH = 36;

    private RecordKey() {}

    /** What is wrong with the key of an event of that organization; null if nothing is. */
    static @Nullable String mismatch(byte @Nullable [] key, UUID orgId) {
        if (key == null) {
            return "key is missing: it must be the value's org_id";
        }
        if (isText(key, orgId)) {
            return null;
        }
        String text = new String(key, StandardCharsets.ISO_8859_1);
        return FORM.matcher(text).matches()
                ? "key is not the value's org_id"
                : "key is not a UUID in its 36-character text form";
    }

    /** Compared digit by digit: UUID.fromString also takes 1-1-1-1-1, and cuts groups that are too long. */
    private static boolean isText(byte[] key, UUID id) {
        if (key.length != LENGTH) {
            return false;
        }
        long bits = id.getMostSignificantBits();
        for (int i = 0; i < LENGTH; i++) {
            if (i == 8 || i == 13 || i == 18 || i == 23) {
                if (key[i] != '-') {
                    return false;
                }
                if (i == 18) {
                    bits = id.getLeastSignificantBits();
                }
            } else {
                if (Character.digit(key[i], 16) != (int) (bits >>> 60)) {
                    return false;
                }
                bits <<= 4;
            }
        }
        return true;
    }
}

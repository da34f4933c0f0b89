package dev.pipelinetracker.engine;

import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The contract's record key: the organization's UUID in its 36-character text form, UTF-8. */
final class RecordKey {

    private static final int LENGTH = 36;

    private RecordKey() {}

    /** What is wrong with the key of an event of that organization; null if nothing is. */
    static @Nullable String mismatch(byte @Nullable [] key, UUID orgId) {
        if (key == null) {
            return "key is missing: it must be the value's org_id";
        }
        if (key.length != LENGTH) {
            return "key is not a UUID in its 36-character text form: it has " + key.length + " bytes";
        }
        UUID keyed;
        try {
            // of 36 characters, only the canonical form parses: groups that are longer leave too little for the others
            keyed = UUID.fromString(new String(key, StandardCharsets.ISO_8859_1));
        } catch (IllegalArgumentException e) {
            return "key is not a UUID in its 36-character text form";
        }
        return keyed.equals(orgId) ? null : "key is not the value's org_id";
    }
}

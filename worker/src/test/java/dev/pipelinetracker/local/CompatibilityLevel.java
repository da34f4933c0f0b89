package dev.pipelinetracker.local;

import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;

/** What a registry demands of a subject's next schema; names and meanings are those of Confluent's registry. */
enum CompatibilityLevel {
    NONE(false, false, false),
    /** The new schema reads what the latest one wrote. */
    BACKWARD(true, false, false),
    BACKWARD_TRANSITIVE(true, false, true),
    /** The latest schema reads what the new one writes. */
    FORWARD(false, true, false),
    FORWARD_TRANSITIVE(false, true, true),
    FULL(true, true, false),
    FULL_TRANSITIVE(true, true, true);

    private final boolean newReadsOld;
    private final boolean oldReadsNew;
    private final boolean transitive;

    CompatibilityLevel(boolean newReadsOld, boolean oldReadsNew, boolean transitive) {
        this.newReadsOld = newReadsOld;
        this.oldReadsNew = oldReadsNew;
        this.transitive = transitive;
    }

    /** @param earlier the subject's schemas, oldest first; only the transitive levels look beyond the last */
    boolean admits(Schema candidate, List<Schema> earlier) {
        int first = transitive ? 0 : Math.max(0, earlier.size() - 1);
        return earlier.subList(first, earlier.size()).stream().allMatch(old -> admits(candidate, old));
    }

    private boolean admits(Schema candidate, Schema old) {
        return (!newReadsOld || canRead(candidate, old)) && (!oldReadsNew || canRead(old, candidate));
    }

    private static boolean canRead(Schema reader, Schema writer) {
        return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
                        .getType()
                == SchemaCompatibilityType.COMPATIBLE;
    }
}

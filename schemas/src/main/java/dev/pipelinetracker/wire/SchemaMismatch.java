package dev.pipelinetracker.wire;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.Incompatibility;
import org.apache.avro.SchemaCompatibility.SchemaIncompatibilityType;

/** Where a writer's schema does not fit a reader's, in words made of the schemas alone. */
final class SchemaMismatch {
    private static final Pattern FIELD = Pattern.compile("^/fields/(\\d+)");

    private SchemaMismatch() {}

    /**
     * To be put behind what went wrong; empty if the schemas fit. Not a verdict: with a symbol that is new to the reader, for
     * one, all events without it are readable.
     */
    static String describe(Schema reader, Schema writer) {
        List<Incompatibility> all = SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
                .getResult()
                .getIncompatibilities();
        return all.isEmpty() ? "" : "; the schema is incompatible: " + describe(reader, all.get(0));
    }

    /** The symbols are not named: if there is one, it is the event's value. */
    private static String describe(Schema reader, Incompatibility mismatch) {
        SchemaIncompatibilityType kind = mismatch.getType();
        return kind + " at " + mismatch.getLocation() + fieldAt(reader, mismatch.getLocation())
                + (kind == SchemaIncompatibilityType.MISSING_ENUM_SYMBOLS
                        ? ": the writer's enum has symbols that this reader does not know yet"
                        : "");
    }

    private static String fieldAt(Schema reader, String location) {
        Matcher field = FIELD.matcher(location);
        return field.find()
                ? " ("
                        + reader.getFields()
                                .get(Integer.parseInt(field.group(1)))
                                .name() + ")"
                : "";
    }
}

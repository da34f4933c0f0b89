package dev.pipelinetracker.publishing;

import dev.pipelinetracker.wire.EventRules;
import dev.pipelinetracker.wire.LogicalTypeChange;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;

/** What stands between two versions of a schema, in words: nothing if each reads what the other wrote. */
final class SchemaChange {

    private SchemaChange() {}

    /** What the worker reads beside what others write, and other workers may read. */
    static List<String> faults(Schema ours, Schema theirs) {
        List<String> faults = new ArrayList<>();
        faults.addAll(faults("our worker cannot read its events", ours, theirs));
        faults.addAll(faults("its readers cannot read our events", theirs, ours));
        LogicalTypeChange.describe(ours, theirs)
                .forEach(change -> faults.add("its bytes mean something else: " + change));
        return faults;
    }

    /** What is wrong with the rules that a schema states; nothing if they can be kept. */
    static List<String> ruleFaults(Schema schema) {
        try {
            EventRules.of(schema);
            return List.of();
        } catch (IllegalArgumentException e) {
            return List.of("a rule that cannot be kept: " + e.getMessage());
        }
    }

    private static List<String> faults(String meaning, Schema reader, Schema writer) {
        return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
                .getResult()
                .getIncompatibilities()
                .stream()
                .map(fault ->
                        meaning + ": " + fault.getType() + " at " + fault.getLocation() + ": " + fault.getMessage())
                .toList();
    }
}

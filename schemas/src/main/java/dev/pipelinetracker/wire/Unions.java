package dev.pipelinetracker.wire;

import java.util.List;
import org.apache.avro.Schema;

/** The one kind of union that events use: null or one other type. */
final class Unions {
    private Unions() {}

    /** @throws IllegalArgumentException if the union is of another kind */
    static Schema nonNull(String field, Schema union) {
        List<Schema> others = union.getTypes().stream()
                .filter(branch -> branch.getType() != Schema.Type.NULL)
                .toList();
        if (others.size() != 1 || union.getTypes().size() != 2) {
            throw new IllegalArgumentException(field + ": a union must be of null and one other type");
        }
        return others.get(0);
    }
}

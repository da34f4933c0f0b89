package dev.pipelinetracker.engine;

import java.util.Comparator;
import java.util.UUID;

/** Orders of key columns that are PostgreSQL's own, so that a batch walks the index from left to right. */
public final class KeyOrder {

    /** By bytes, unsigned: {@link UUID#compareTo} is signed and would start in the middle. */
    public static final Comparator<UUID> OF_UUID = (a, b) -> {
        int high = Long.compareUnsigned(a.getMostSignificantBits(), b.getMostSignificantBits());
        return high != 0 ? high : Long.compareUnsigned(a.getLeastSignificantBits(), b.getLeastSignificantBits());
    };

    private KeyOrder() {}
}

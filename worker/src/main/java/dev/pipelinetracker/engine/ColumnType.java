package dev.pipelinetracker.engine;

import org.postgresql.core.Oid;

/** The types of columns that feeds have, and the Java values that become one. */
public enum ColumnType {
    /** From a {@link java.util.UUID}. */
    UUID(Oid.UUID, Oid.UUID_ARRAY),
    /** From anything: its {@code toString()}. */
    TEXT(Oid.TEXT, Oid.TEXT_ARRAY),
    /** From a {@link Long} that fits. */
    INT4(Oid.INT4, Oid.INT4_ARRAY),
    /** From a {@link Double}. */
    FLOAT8(Oid.FLOAT8, Oid.FLOAT8_ARRAY),
    /** Without a time zone; from an {@link java.time.Instant}, as UTC, in whole microseconds. */
    TIMESTAMP(Oid.TIMESTAMP, Oid.TIMESTAMP_ARRAY);

    private final int oid;
    private final int arrayOid;

    ColumnType(int oid, int arrayOid) {
        this.oid = oid;
        this.arrayOid = arrayOid;
    }

    /** PostgreSQL's own number of the type. */
    int oid() {
        return oid;
    }

    /** Its number of arrays of it. */
    int arrayOid() {
        return arrayOid;
    }
}

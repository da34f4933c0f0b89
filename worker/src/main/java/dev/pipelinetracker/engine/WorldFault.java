package dev.pipelinetracker.engine;

import java.util.BitSet;

/**
 * The world, not a record, is at fault: the database, the broker or the registry. Nothing of the batch may be committed
 * or rejected; wait and deliver it again, which is harmless. The message names no row value and no payload.
 */
public final class WorldFault extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Cause kind;
    private final transient BitSet unaffected;

    /**
     * @param kind what to count and show
     * @param message what happened, for the operator; never a payload or a row's values
     */
    public WorldFault(Cause kind, String message, Throwable cause) {
        this(kind, message, cause, new BitSet());
    }

    private WorldFault(Cause kind, String message, Throwable cause, BitSet unaffected) {
        super(message, cause);
        this.kind = kind;
        this.unaffected = unaffected;
    }

    /** The same fault, which these of the batch's records do not have. */
    WorldFault sparing(BitSet others) {
        return new WorldFault(kind, String.valueOf(getMessage()), this, others);
    }

    /** Positions of those of the batch's records that could be processed by themselves; none if that is not known. */
    public BitSet unaffected() {
        return (BitSet) unaffected.clone();
    }

    /** What is at fault. */
    public Cause kind() {
        return kind;
    }

    /** What a batch waits for. */
    public enum Cause {
        /** No connection, connection lost, starting up, shutting down, disk trouble. */
        DATABASE_AWAY,
        /** Deadlock, serialization failure, too many connections, locked. */
        DATABASE_BUSY,
        /** The statement did not end within its time-out; a smaller batch may. */
        DATABASE_SLOW,
        /** The server is a standby, or was made read-only. */
        DATABASE_READ_ONLY,
        /** Needs a person: a missing grant, table or column, an exhausted sequence, or an SQLState we do not know. */
        DATABASE_STOPPED,
        /** Dead letters are not acknowledged. */
        BROKER,
        /** A schema that is not cached cannot be fetched. */
        REGISTRY,
        /** A fault of our own. */
        UNEXPECTED;

        /** As in metrics. */
        public String label() {
            return Labels.of(this);
        }
    }
}

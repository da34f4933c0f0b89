package dev.pipelinetracker.engine;

/** What became of one record. Every polled record gets exactly one, or its batch is not committed. */
public sealed interface Outcome {

    /** The database holds this event, or a newer one. */
    enum Stored implements Outcome {
        /** A row was created. */
        INSERTED,
        /** An existing row was replaced. */
        UPDATED,
        /** A duplicate, an older event, or one overtaken within its batch: nothing was written. */
        UNCHANGED
    }

    /**
     * The record is at fault and goes to the dead-letter topic.
     *
     * @param detail what is wrong, for people; never the payload or a row's values
     */
    record Rejected(Reason reason, String detail) implements Outcome {}

    /** Why a record was rejected. */
    enum Reason {
        /** Not the wire format, unknown schema id, truncated, trailing bytes, null value. */
        UNREADABLE,
        /** Key missing, not a UUID, or not the value's org_id. */
        KEY_MISMATCH,
        /** A field breaks a rule of its schema. */
        INVALID,
        /** No such row in organizations. */
        UNKNOWN_ORG,
        /** PostgreSQL refused this row for its data. */
        REFUSED_BY_DATABASE;

        /** As in metrics and in the header {@code tracker-reason}. */
        public String label() {
            return Labels.of(this);
        }
    }
}

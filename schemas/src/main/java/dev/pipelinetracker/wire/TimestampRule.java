package dev.pipelinetracker.wire;

import java.time.Instant;

/** A moment in the years 1 to 9999, UTC, in whole microseconds: what a TIMESTAMP column and every client of it can hold. */
final class TimestampRule implements ValueRule {
    private static final long FIRST_SECOND =
            Instant.parse("0001-01-01T00:00:00Z").getEpochSecond();
    private static final long LAST_SECOND =
            Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();
    private static final int NANOS_PER_MICRO = 1_000;

    @Override
    public void check(String field, Object value) throws InvalidEventException {
        if (!(value instanceof Instant moment)) {
            throw new InvalidEventException(field, "must be a timestamp");
        }
        if (moment.getEpochSecond() < FIRST_SECOND || moment.getEpochSecond() > LAST_SECOND) {
            throw new InvalidEventException(field, "must be in the years 1 to 9999 (UTC)");
        }
        if (moment.getNano() % NANOS_PER_MICRO != 0) {
            throw new InvalidEventException(field, "must be in whole microseconds");
        }
    }
}

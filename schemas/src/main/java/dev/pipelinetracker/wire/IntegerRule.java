package dev.pipelinetracker.wire;

/** An integer within bounds. */
record IntegerRule(Bounds<Long> bounds) implements ValueRule {
    @Override
    public void check(String field, Object value) throws InvalidEventException {
        if (!(value instanceof Long || value instanceof Integer)) {
            throw new InvalidEventException(field, "must be an integer");
        }
        bounds.check(field, ((Number) value).longValue());
    }
}

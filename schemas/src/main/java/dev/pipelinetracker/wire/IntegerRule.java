package dev.pipelinetracker.wire;

/** An integer within bounds, inclusive. */
record IntegerRule(long minimum, long maximum) implements ValueRule {
    IntegerRule {
        if (minimum > maximum) {
            throw new IllegalArgumentException("minimum " + minimum + " exceeds maximum " + maximum);
        }
    }

    @Override
    public void check(String field, Object value) throws InvalidEventException {
        if (!(value instanceof Long || value instanceof Integer)) {
            throw new InvalidEventException(field, "must be an integer");
        }
        long number = ((Number) value).longValue();
        if (number < minimum) {
            throw new InvalidEventException(field, "must be at least " + minimum);
        }
        if (number > maximum) {
            throw new InvalidEventException(field, "must be at most " + maximum);
        }
    }
}

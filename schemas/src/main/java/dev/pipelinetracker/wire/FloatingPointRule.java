package dev.pipelinetracker.wire;

/** A finite number within bounds; an infinite bound bounds nothing. */
record FloatingPointRule(Bounds<Double> bounds) implements ValueRule {
    @Override
    public void check(String field, Object value) throws InvalidEventException {
        if (!(value instanceof Double || value instanceof Float)) {
            throw new InvalidEventException(field, "must be a number");
        }
        double number = ((Number) value).doubleValue();
        if (!Double.isFinite(number)) {
            throw new InvalidEventException(field, "must be finite");
        }
        // The sum makes 0.0 of -0.0: equal as numbers, but not as objects to compare.
        bounds.check(field, number + 0.0);
    }
}

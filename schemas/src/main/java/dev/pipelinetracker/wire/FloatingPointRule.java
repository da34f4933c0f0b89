package dev.pipelinetracker.wire;

/** A finite number within bounds, inclusive; an infinite bound bounds nothing. */
record FloatingPointRule(double minimum, double maximum) implements ValueRule {
    FloatingPointRule {
        if (minimum > maximum) {
            throw new IllegalArgumentException("minimum " + minimum + " exceeds maximum " + maximum);
        }
    }

    @Override
    public void check(String field, Object value) throws InvalidEventException {
        if (!(value instanceof Double || value instanceof Float)) {
            throw new InvalidEventException(field, "must be a number");
        }
        double number = ((Number) value).doubleValue();
        if (!Double.isFinite(number)) {
            throw new InvalidEventException(field, "must be finite");
        }
        if (number < minimum) {
            throw new InvalidEventException(field, "must be at least " + plain(minimum));
        }
        if (number > maximum) {
            throw new InvalidEventException(field, "must be at most " + plain(maximum));
        }
    }

    /** {@code 0}, not {@code 0.0}: as the schema writes it. */
    private static String plain(double bound) {
        return bound == (long) bound ? Long.toString((long) bound) : Double.toString(bound);
    }
}

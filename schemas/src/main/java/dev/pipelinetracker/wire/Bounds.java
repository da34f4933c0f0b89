package dev.pipelinetracker.wire;

/** The least and the greatest that a number may be, both inclusive. */
record Bounds<N extends Number & Comparable<N>>(N minimum, N maximum) {
    Bounds {
        if (minimum.compareTo(maximum) > 0) {
            throw new IllegalArgumentException("minimum " + minimum + " exceeds maximum " + maximum);
        }
    }

    void check(String field, N number) throws InvalidEventException {
        if (number.compareTo(minimum) < 0) {
            throw new InvalidEventException(field, "must be at least " + plain(minimum));
        }
        if (number.compareTo(maximum) > 0) {
            throw new InvalidEventException(field, "must be at most " + plain(maximum));
        }
    }

    /** {@code 0}, not {@code 0.0}: as the schema writes it. */
    private static String plain(Number bound) {
        return bound.doubleValue() == bound.longValue() ? Long.toString(bound.longValue()) : bound.toString();
    }
}

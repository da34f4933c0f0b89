package dev.pipelinetracker.replay;

/** Wrong usage: a command was given a feed that does not exist. The message names those that do. */
public final class UnknownFeedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    UnknownFeedException(String name, String existing) {
        super("Unknown feed '%s': --feed must be one of %s".formatted(name, existing));
    }
}

package dev.pipelinetracker.engine;

import java.util.Locale;

/** The names that constants go by outside: metric labels and headers. */
final class Labels {

    private Labels() {}

    static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}

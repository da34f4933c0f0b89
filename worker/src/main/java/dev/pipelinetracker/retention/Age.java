package dev.pipelinetracker.retention;

import java.time.Duration;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How old history must be to go: whole days of 24 hours, at least one. */
public record Age(Duration duration) {

    private static final Pattern FORM = Pattern.compile("([1-9]\\d{0,4})d");

    /** Reads {@code 365d}; throws IllegalArgumentException with a sentence otherwise. */
    public static Age parse(String text) {
        Matcher form = FORM.matcher(text.trim());
        if (!form.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no age: write whole days, as in 365d");
        }
        return new Age(Duration.ofDays(Long.parseLong(form.group(1))));
    }

    /** What is older is earlier than this. */
    public Instant before(Instant now) {
        return now.minus(duration);
    }
}

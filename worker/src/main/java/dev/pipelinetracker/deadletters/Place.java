package dev.pipelinetracker.deadletters;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a letter is in the dead-letter topic: {@code partition@offset}. */
public record Place(int partition, long offset) {

    private static final Pattern FORM = Pattern.compile("(\\d{1,9})@(\\d{1,18})");

    /** Reads {@code 0@15}; throws IllegalArgumentException otherwise. */
    public static Place parse(String text) {
        Matcher form = FORM.matcher(text.trim());
        if (!form.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no letter: write partition@offset, such as 0@15");
        }
        return new Place(Integer.parseInt(form.group(1)), Long.parseLong(form.group(2)));
    }

    @Override
    public String toString() {
        return partition + "@" + offset;
    }
}

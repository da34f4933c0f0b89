package dev.pipelinetracker.replay;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A speed limit.
 *
 * @param recordsPerSecond 0 for none
 */
public record Rate(double recordsPerSecond) {

    private static final Pattern FORM = Pattern.compile("(\\d{1,9})(?:/(s|min|h))?");

    /** As fast as it goes. */
    public static final Rate UNLIMITED = new Rate(0);

    /** Reads {@code 5000}, {@code 5000/s}, {@code 300/min} or {@code 1000/h}; throws IllegalArgumentException otherwise. */
    public static Rate parse(String text) {
        Matcher form = FORM.matcher(text.trim().toLowerCase(Locale.ROOT));
        if (!form.matches() || Long.parseLong(form.group(1)) == 0) {
            throw new IllegalArgumentException("'" + text + "' is no rate: write 5000/s, 300/min or 1000/h");
        }
        double seconds = form.group(2) == null || form.group(2).equals("s")
                ? 1
                : form.group(2).equals("min") ? 60 : 3600;
        return new Rate(Long.parseLong(form.group(1)) / seconds);
    }

    /** How many records to take at once, of at most so many: a tenth of a second's, so that no second has many more. */
    public int batch(int most) {
        return recordsPerSecond == 0 ? most : (int) Math.max(1, Math.min(most, recordsPerSecond / 10));
    }

    /** How many records a second allows, of at most so many. */
    int inASecond(int most) {
        return recordsPerSecond == 0 ? most : (int) Math.min(most, recordsPerSecond);
    }

    /** How long so many records take. */
    Duration timeOf(long records) {
        return recordsPerSecond == 0 ? Duration.ZERO : Duration.ofNanos((long) (records / recordsPerSecond * 1e9));
    }
}

package dev.pipelinetracker.replay;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.File;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How wide the terminal is. By {@code stty}, not by JLine, which the progress bar would ask: that resets the JVM's signal
 * handlers, and Ctrl-C would then kill a command in the middle of its batch.
 */
final class TerminalWidth {

    private static final int USUAL = 80;
    private static final Pattern SIZE = Pattern.compile("\\d+ (\\d{2,4})\\s*");

    private TerminalWidth() {}

    /** In columns; 80 if it cannot be told. */
    static int columns() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(new File("/dev/tty"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            Matcher size = SIZE.matcher(new String(stty.getInputStream().readAllBytes(), US_ASCII));
            return size.matches() ? Integer.parseInt(size.group(1)) : USUAL;
        } catch (IOException e) {
            return USUAL;
        }
    }
}

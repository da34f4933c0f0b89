package dev.pipelinetracker.publishing;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.concurrent.TimeUnit;

/** Where messages go. */
public final class StandardError {

    private StandardError() {}

    /**
     * Whether people watch standard error. Java cannot tell while standard input is a file, so the shell is asked; where there
     * is none, nobody watches.
     */
    public static boolean isWatched() {
        try {
            Process test = new ProcessBuilder("sh", "-c", "test -t 2")
                    .redirectInput(Redirect.INHERIT)
                    .redirectError(Redirect.INHERIT)
                    .start();
            return test.waitFor(2, TimeUnit.SECONDS) && test.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}

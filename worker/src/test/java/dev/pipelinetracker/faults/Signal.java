package dev.pipelinetracker.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What Java's own API cannot send to a process. */
public enum Signal {
    /** PostgreSQL: cut off all clients and stop. */
    INT,
    /** PostgreSQL: stop at once, recover at the next start. */
    QUIT,
    /** End in good order. */
    TERM,
    /** End at once. */
    KILL,
    /** Freeze. */
    STOP,
    /** Thaw. */
    CONT;

    /** Sends it; a process that is gone already is no error. */
    void to(List<Long> pids) {
        if (pids.isEmpty()) {
            return;
        }
        List<String> command = new ArrayList<>(List.of("kill", "-" + name()));
        pids.forEach(pid -> command.add(Long.toString(pid)));
        try {
            Process kill = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!kill.waitFor(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("kill does not return");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    /** As above. */
    public void to(long pid) {
        to(List.of(pid));
    }
}

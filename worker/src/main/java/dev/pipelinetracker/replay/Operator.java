package dev.pipelinetracker.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Whoever runs a command: shows results on standard output, as text or as one JSON object a line, and progress on
 * standard error: a bar on a terminal, a line every few seconds elsewhere.
 */
public final class Operator implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long LINE_EVERY_NANOS = 5_000_000_000L;

    private final PrintWriter out;
    private final PrintWriter err;
    private final @Nullable BufferedReader answers;
    private final boolean json;
    private final Map<String, Object> about = new LinkedHashMap<>();
    private @Nullable ProgressBar bar;
    private long total;
    private long started;
    private long lastLine;
    private boolean ended;

    /**
     * @param answers what the operator types; null if nobody is there to be asked
     * @param json whether results are for machines
     */
    public Operator(PrintWriter out, PrintWriter err, @Nullable BufferedReader answers, boolean json) {
        this.out = out;
        this.err = err;
        this.answers = answers;
        this.json = json;
    }

    /** For machines: the first object of a command's results, which names the command. */
    public void start(String command) {
        if (json) {
            out.println(line("begin", Map.of("command", command)));
        }
    }

    /** Notes what the command is about, for machines that are told of its failure. */
    public void about(String name, Object value) {
        about.put(name, value);
    }

    /**
     * For machines: the last object of a command's results, unless an {@code end} was shown already.
     *
     * @param status done, stopped, failed or refused
     * @param why a sentence; null if it needs none
     */
    public void end(String status, @Nullable String why) {
        if (json && !ended) {
            Map<String, Object> object = new LinkedHashMap<>(about);
            object.put("status", status);
            if (why != null) {
                object.put("message", why);
            }
            show("end", object, status);
        }
    }

    /** Shows a result: the text, or the object with its kind; a command's {@code end} is its last. */
    public void show(String kind, Map<String, ?> object, String text) {
        ended |= kind.equals("end");
        if (json) {
            out.println(line(kind, object));
        } else {
            out.println(text);
        }
        out.flush();
    }

    /** Says something that is no result. */
    public void say(String text) {
        err.println(text);
        err.flush();
    }

    /**
     * Asks for a yes.
     *
     * @param yes the answer was given beforehand
     * @throws RefusedException if the answer is no, or nobody is there to give one
     */
    public void confirm(String question, boolean yes) {
        if (yes) {
            return;
        }
        BufferedReader reader = answers;
        if (reader == null) {
            throw new RefusedException(
                    "not on a terminal, so nobody can be asked. Add --yes to run it; --help names the option that only tells what it would do.");
        }
        err.print(question + " [y/N] ");
        err.flush();
        try {
            String answer = reader.readLine();
            if (answer == null || !answer.trim().toLowerCase(Locale.ROOT).matches("y|yes")) {
                throw new RefusedException("not confirmed, so nothing was done. Answer y, or add --yes.");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Begins to show progress towards so many records. */
    public void begin(String task, long records) {
        total = records;
        started = System.nanoTime();
        lastLine = started;
        if (answers != null && !json) {
            bar = new ProgressBarBuilder()
                    .setTaskName(task)
                    .setInitialMax(records)
                    .setConsumer(new ConsoleProgressBarConsumer(System.err, TerminalWidth.columns() - 1))
                    .setUpdateIntervalMillis(250)
                    .showSpeed()
                    .build();
        }
    }

    /** Shows how far it is: of the total, and the counts. */
    public void progress(long records, Tally tally, boolean yielding) {
        ProgressBar shown = bar;
        String note = (yielding ? "yielding to live traffic; " : "") + tally;
        if (shown != null) {
            shown.stepTo(records);
            shown.setExtraMessage(" " + note);
            return;
        }
        long now = System.nanoTime();
        if (now - lastLine < LINE_EVERY_NANOS) {
            return;
        }
        lastLine = now;
        double seconds = (now - started) / 1e9;
        double rate = records / seconds;
        long left = rate == 0 ? 0 : Math.round((total - records) / rate);
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>(tally.asMap());
            object.put("offsets_done", records);
            object.put("offsets_total", total);
            object.put("records_per_second", Math.round(rate));
            object.put("seconds_left", left);
            object.put("yielding", yielding);
            out.println(line("progress", object));
            out.flush();
        } else {
            say("%,d of %,d (%d %%), %,.0f/s, %d s left; %s"
                    .formatted(records, total, total == 0 ? 100 : 100 * records / total, rate, left, note));
        }
    }

    /** Ends the progress. */
    @Override
    public void close() {
        ProgressBar shown = bar;
        bar = null;
        if (shown != null) {
            shown.close();
        }
    }

    private static String line(String kind, Map<String, ?> object) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("kind", kind);
        line.putAll(object);
        try {
            return JSON.writeValueAsString(line);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}

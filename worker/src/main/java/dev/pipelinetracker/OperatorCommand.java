package dev.pipelinetracker;

import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.StopSignal;
import dev.pipelinetracker.replay.UnknownFeedException;
import java.io.BufferedReader;
import java.io.Console;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * A command on the worker's engine that comes to an end: results on standard output, logs and progress on standard error,
 * exit codes as {@link ExitCode} says, and as {@code --help} lists them unless a command has more to say of its own.
 *
 * @param <T> what it needs beside the engine
 */
@Command(
        exitCodeListHeading = ExitCode.HEADING,
        exitCodeList = {ExitCode.DONE_MEANS, ExitCode.FAILED_MEANS, ExitCode.WRONG_USAGE_MEANS, ExitCode.REFUSED_MEANS})
abstract class OperatorCommand<T> implements Callable<Integer> {

    /** How results look. */
    enum Output {
        text,
        json
    }

    /** A command whose options were found to make sense. */
    @FunctionalInterface
    interface Task<T> {

        /** Does it; whether it came to its end. Throws RefusedException or FailedException. */
        boolean run(T needed, Operator operator, StopSignal stop);
    }

    private final Class<T> needs;

    @Spec
    private @Nullable CommandSpec command;

    @Mixin
    private SpringProperties properties = new SpringProperties();

    @Option(
            names = "--output",
            paramLabel = "FORMAT",
            description = "text, or json: one object a line. Default: ${DEFAULT-VALUE}")
    private Output output = Output.text;

    /** On a context that has a bean of that class: to the engine's it is added. */
    OperatorCommand(Class<T> needs) {
        this.needs = needs;
    }

    /** Reads the options, before anything is started; throws IllegalArgumentException with a sentence for wrong usage. */
    abstract Task<T> task();

    /** Starts what it works on: the worker's engine, unless it needs less. */
    ConfigurableApplicationContext start(String... properties) {
        return EngineOnly.start(needs, properties);
    }

    @Override
    public Integer call() {
        Task<T> task;
        try {
            task = task();
        } catch (IllegalArgumentException e) {
            throw wrongUsage(e);
        }
        PrintStream results = System.out;
        // logs go to System.out, which is for results: | jq must not meet them
        System.setOut(System.err);
        Operator operator = new Operator(
                new PrintWriter(results, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                terminal(),
                output == Output.json);
        // closed last: a signal lets the JVM go once all is told
        try (StopSignal stop = StopSignal.installed()) {
            operator.start(spec().qualifiedName().replaceFirst("^pipeline-tracker ", ""));
            return run(task, operator, stop);
        } finally {
            System.setOut(results);
        }
    }

    private int run(Task<T> task, Operator operator, StopSignal stop) {
        try (ConfigurableApplicationContext worker = start(properties.arguments())) {
            boolean done = task.run(worker.getBean(needs), operator, stop);
            operator.end(done ? "done" : "stopped", null);
            return done ? ExitCode.DONE : ExitCode.FAILED;
        } catch (UnknownFeedException e) {
            operator.end("failed", e.getMessage());
            throw wrongUsage(e);
        } catch (RuntimeException e) {
            ExplainFailure.Told told = ExplainFailure.tell(e);
            spec().commandLine().getErr().println(told.line());
            operator.end(told.exitCode() == ExitCode.REFUSED ? "refused" : "failed", told.line());
            return told.exitCode();
        }
    }

    private ParameterException wrongUsage(RuntimeException why) {
        return new ParameterException(spec().commandLine(), String.valueOf(why.getMessage()), why);
    }

    private CommandSpec spec() {
        return Objects.requireNonNull(command);
    }

    // null where there is no terminal, until JDK 22: isTerminal() tells the newer ones
    @SuppressWarnings("SystemConsoleNull")
    static @Nullable BufferedReader terminal() {
        Console console = System.console();
        return console == null || !isTerminal(console) ? null : new BufferedReader(console.reader());
    }

    /** From JDK 22 on there is a console even without a terminal, and it says so. */
    private static boolean isTerminal(Console console) {
        try {
            return Boolean.TRUE.equals(Console.class.getMethod("isTerminal").invoke(console));
        } catch (NoSuchMethodException e) {
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }
}

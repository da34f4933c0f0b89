package dev.pipelinetracker;

import dev.pipelinetracker.RequiredSettings.MissingSettingException;
import dev.pipelinetracker.database.DatabaseRefusedException;
import org.apache.kafka.common.KafkaException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** A failed command ends with a sentence, not a stack trace: Spring has logged what the sentence does not tell. */
final class ExplainFailure implements IExecutionExceptionHandler {

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) throws Exception {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof DatabaseRefusedException) {
                command.getErr().println("refused: " + t.getMessage());
                return ExitCode.REFUSED;
            }
            if (t instanceof KafkaException) {
                command.getErr()
                        .println("failed: Kafka: " + root(t).getMessage()
                                + ". Check that the broker is up and what spring.kafka.* says, then try again.");
                return ExitCode.FAILED;
            }
        }
        if (failure instanceof MissingSettingException) {
            command.getErr().println(failure.getMessage());
            return ExitCode.WRONG_USAGE;
        }
        if (failure instanceof CommandLine.ParameterException wrongUsage) {
            throw wrongUsage;
        }
        command.getErr().println("failed: " + root(failure).getMessage());
        return ExitCode.FAILED;
    }

    private static Throwable root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }
}

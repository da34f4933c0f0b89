package dev.pipelinetracker;

import dev.pipelinetracker.RequiredSettings.MissingSettingException;
import dev.pipelinetracker.database.DatabaseRefusedException;
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
        }
        if (failure instanceof MissingSettingException) {
            command.getErr().println(failure.getMessage());
            return ExitCode.WRONG_USAGE;
        }
        if (failure instanceof CommandLine.ParameterException wrongUsage) {
            throw wrongUsage;
        }
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        command.getErr().println("failed: " + root.getMessage());
        return ExitCode.FAILED;
    }
}

package dev.pipelinetracker;

import dev.pipelinetracker.RequiredSettings.MissingSettingException;
import dev.pipelinetracker.database.DatabaseRefusedException;
import dev.pipelinetracker.replay.FailedException;
import dev.pipelinetracker.replay.RefusedException;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** A failed command ends with a sentence, not a stack trace: Spring has logged what the sentence does not tell. */
final class ExplainFailure implements IExecutionExceptionHandler {

    /** What is told of a failure: a line for people, and the exit code. */
    record Told(int exitCode, String line) {}

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
        if (failure instanceof CommandLine.ParameterException wrongUsage) {
            throw wrongUsage;
        }
        Told told = tell(failure);
        command.getErr().println(told.line());
        return told.exitCode();
    }

    /** By the outermost cause that is known; else in the words of the innermost. */
    static Told tell(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            Optional<Told> told = known(t);
            if (told.isPresent()) {
                return told.get();
            }
        }
        Optional<String> wrongSetting = ExplainSettings.of(failure);
        if (wrongSetting.isPresent()) {
            return new Told(ExitCode.WRONG_USAGE, "wrong setting: " + wrongSetting.get());
        }
        Throwable root = root(failure);
        return failed(root.getMessage() == null ? root.toString() : root.getMessage());
    }

    private static Optional<Told> known(Throwable t) {
        if (t instanceof MissingSettingException) {
            return Optional.of(new Told(ExitCode.WRONG_USAGE, String.valueOf(t.getMessage())));
        }
        if (t instanceof DatabaseRefusedException || t instanceof RefusedException) {
            return Optional.of(new Told(ExitCode.REFUSED, "refused: " + t.getMessage()));
        }
        if (t instanceof FailedException) {
            return Optional.of(failed(String.valueOf(t.getMessage())));
        }
        if (t instanceof KafkaException) {
            return Optional.of(
                    failed("Kafka: %s. Check that the broker is up and what spring.kafka.* says, then try again."
                            .formatted(root(t).getMessage())));
        }
        if (t instanceof DataAccessException || t instanceof TransactionException) {
            return Optional.of(failed(
                    "the database: %s. Check spring.datasource.* and the role's grants (README, Database), then try again."
                            .formatted(root(t).getMessage())));
        }
        return Optional.empty();
    }

    private static Told failed(String sentence) {
        return new Told(ExitCode.FAILED, "failed: " + sentence);
    }

    private static Throwable root(Throwable failure) {
        Throwable root = NestedExceptionUtils.getRootCause(failure);
        return root == null ? failure : root;
    }
}

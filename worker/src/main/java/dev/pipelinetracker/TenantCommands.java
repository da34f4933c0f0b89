package dev.pipelinetracker;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tenant}: what concerns a whole organization. */
@Command(
        name = "tenant",
        description = "Erases an organization.",
        subcommands = TenantErase.class,
        mixinStandardHelpOptions = true)
final class TenantCommands implements Runnable {

    @Spec
    private @Nullable CommandSpec command;

    @Override
    public void run() {
        throw new ParameterException(Objects.requireNonNull(command).commandLine(), "Say which: erase");
    }
}

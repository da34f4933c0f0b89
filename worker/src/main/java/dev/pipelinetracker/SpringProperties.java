package dev.pipelinetracker;

import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;
import picocli.CommandLine.Unmatched;

/** Arguments of the form {@code --name=value}, which every command hands on to Spring. Anything else is wrong usage. */
final class SpringProperties {

    @Spec(Target.MIXEE)
    private @org.jspecify.annotations.Nullable CommandSpec command;

    @Unmatched
    private List<String> arguments = List.of();

    /** Throws ParameterException, which ends in exit code 2, at the first argument that is not a property. */
    String[] arguments() {
        for (String argument : arguments) {
            if (!argument.matches("--[A-Za-z][^=]*=.*")) {
                throw new ParameterException(
                        command == null ? CommandSpec.create().commandLine() : command.commandLine(),
                        "Unknown argument '" + argument + "': neither a command nor a property as in --name=value");
            }
        }
        return arguments.toArray(String[]::new);
    }
}

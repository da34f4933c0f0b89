package dev.pipelinetracker;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.UnmatchedArgsBinding;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Arguments of the form {@code --name=value}, which every command hands on to Spring. Anything else is wrong usage. */
@Command // says that it may be mixed in
final class SpringProperties {

    private @Nullable CommandSpec command;

    private List<String> arguments = List.of();

    /** Not by {@code @Unmatched}: picocli 4.7.7 ignores that in a mixin, and refuses every property as an unknown option. */
    @Spec(Target.MIXEE)
    void mixInto(CommandSpec mixee) {
        command = mixee;
        mixee.addUnmatchedArgsBinding(UnmatchedArgsBinding.forStringArrayConsumer(new Collect()));
    }

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

    /** Called with null before each parse. */
    private final class Collect implements ISetter {

        @Override
        public <T> @Nullable T set(T value) {
            arguments = value instanceof String[] unmatched ? List.of(unmatched) : List.of();
            return null;
        }
    }
}

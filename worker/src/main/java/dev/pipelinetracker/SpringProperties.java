package dev.pipelinetracker;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Arguments of the form {@code --some.name=value}, which commands hand on to Spring. */
@Command
final class SpringProperties {

    @Spec(Target.MIXEE)
    private @Nullable CommandSpec command;

    /** Those given to the command, before or after its name. */
    String[] arguments() {
        List<String> arguments = new ArrayList<>();
        for (CommandSpec at = command; at != null; at = at.parent()) {
            arguments.addAll(at.commandLine().getUnmatchedArguments());
        }
        return arguments.toArray(String[]::new);
    }

    /** Has a command line accept such arguments, and still refuse all others that no command knows. */
    static CommandLine accept(CommandLine commandLine) {
        return commandLine
                .registerConverter(UUID.class, SpringProperties::uuid)
                .setUnmatchedArgumentsAllowed(true)
                .setExecutionStrategy(SpringProperties::runIfAllAreProperties);
    }

    /** In full: {@code UUID.fromString} takes 1-1-1-1-1, too. */
    private static UUID uuid(String text) {
        if (!text.matches("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}")) {
            throw new TypeConversionException("'" + text + "' is no UUID in its 36-character form");
        }
        return UUID.fromString(text);
    }

    private static int runIfAllAreProperties(ParseResult parsed) {
        for (CommandLine command : parsed.asCommandLineList()) {
            List<String> unknown = command.getUnmatchedArguments().stream()
                    // Spring's names have a dot, options do not
                    .filter(argument -> !argument.matches("(?s)--[A-Za-z][^=.]*\\..*=.*"))
                    .toList();
            if (!unknown.isEmpty()) {
                throw new UnmatchedArgumentException(command, unknown);
            }
        }
        return new RunLast().execute(parsed);
    }
}

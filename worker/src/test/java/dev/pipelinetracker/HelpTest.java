package dev.pipelinetracker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** What {@code --help} tells is what the command wants. */
class HelpTest {

    private static final Pattern NOT_SET = Pattern.compile("not set: ([^ ]+(?:, [^ ]+)*)\\.");

    static Stream<Arguments> commands() {
        return Stream.of(
                Arguments.of(new Serve(), new String[] {}),
                Arguments.of(
                        new Publish(), // a file: standard input is surefire's
                        new String[] {"--feed=insights", "pom.xml"}),
                Arguments.of(new Replay(), new String[] {"--feed=insights", "--all"}),
                Arguments.of(new Replay(), new String[] {"list"}),
                Arguments.of(new Replay(), new String[] {"verify", "--feed=insights", "--all"}),
                Arguments.of(new DeadLetterCommands(), new String[] {"list", "--feed=insights"}),
                Arguments.of(new DeadLetterCommands(), new String[] {"show", "--feed=insights", "0@1"}),
                Arguments.of(new DeadLetterCommands(), new String[] {"redrive", "--feed=insights"}),
                Arguments.of(
                        new DeadLetterCommands(),
                        new String[] {"park", "--feed=insights", "--letter=0@1", "--reason=test"}),
                Arguments.of(new Schemas(), new String[] {"register"}),
                Arguments.of(new Schemas(), new String[] {"check"}));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void namesTheSettingsWithoutWhichItIsWrongUsageTheExitCodesAndAnExample(Object command, String[] arguments) {
        StringWriter errors = new StringWriter();
        StringWriter out = new StringWriter();
        CommandLine line = SpringProperties.accept(new CommandLine(command))
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(errors, true))
                .setExecutionExceptionHandler(new ExplainFailure())
                .setParameterExceptionHandler(new ExplainUsage());

        assertThat(line.execute(
                        Stream.concat(Stream.of(arguments), Stream.of("--help")).toArray(String[]::new)))
                .isZero();
        assertThat(out.toString())
                .contains("Exit codes:", "  0   ", "  1   ", "  2   ", "Example")
                .contains("each as --name=value");

        assertThat(line.execute(arguments)).as(errors.toString()).isEqualTo(ExitCode.WRONG_USAGE);
        Matcher missing = NOT_SET.matcher(errors.toString());
        assertThat(missing.find()).as(errors.toString()).isTrue();
        assertThat(out.toString()).contains(missing.group(1).split(", "));
    }
}

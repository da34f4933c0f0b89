package dev.pipelinetracker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the command line makes of its arguments; the commands themselves have tests of their own. */
class MainTest {

    @Command(name = "root", subcommands = Sub.class)
    private static final class Root implements Runnable {

        @Mixin
        private SpringProperties properties = new SpringProperties();

        private List<String> given = List.of();

        @Override
        public void run() {
            given = List.of(properties.arguments());
        }
    }

    @Command(name = "sub")
    private static final class Sub implements Runnable {

        @Mixin
        private SpringProperties properties = new SpringProperties();

        @Option(names = "--feed")
        private String feed = "";

        private List<String> given = List.of();

        @Override
        public void run() {
            given = List.of(properties.arguments());
        }
    }

    private final Root root = new Root();
    private final StringWriter errors = new StringWriter();
    private final CommandLine commandLine =
            SpringProperties.accept(new CommandLine(root)).setErr(new PrintWriter(errors));

    @Test
    void propertiesReachTheRootCommand() {
        assertThat(commandLine.execute("--tracker.registry.url=http://a?b=c", "--spring.x-y.z="))
                .isZero();
        assertThat(root.given).containsExactly("--tracker.registry.url=http://a?b=c", "--spring.x-y.z=");
    }

    @Test
    void propertiesReachASubcommandFromBeforeAndAfterItsName() {
        assertThat(commandLine.execute("--a.b=1", "sub", "--feed=insights", "--c.d=2"))
                .isZero();
        Sub sub = (Sub)
                java.util.Objects.requireNonNull(commandLine.getSubcommands().get("sub"))
                        .getCommandSpec()
                        .userObject();
        assertThat(sub.given).containsExactlyInAnyOrder("--a.b=1", "--c.d=2");
        assertThat(sub.feed).isEqualTo("insights");
    }

    @Test
    void anythingElseIsWrongUsage() {
        for (String argument : List.of("--url=x", "serv", "--a.b", "-x", "sub.x=1")) {
            assertThat(commandLine.execute(argument)).as(argument).isEqualTo(ExitCode.WRONG_USAGE);
            assertThat(commandLine.execute("sub", argument)).as(argument).isEqualTo(ExitCode.WRONG_USAGE);
        }
        assertThat(errors.toString()).contains("serv");
    }
}

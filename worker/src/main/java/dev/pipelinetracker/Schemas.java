package dev.pipelinetracker;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.pipelinetracker.publish.EventFeed;
import dev.pipelinetracker.publishing.Subjects;
import dev.pipelinetracker.wire.RegistryUnavailableException;
import dev.pipelinetracker.wire.SchemaRefusedException;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code schemas}: the events' schemas in the registry. */
@Command(
        name = "schemas",
        description = "Registers the events' schemas, or checks that everybody reads what everybody writes.",
        exitCodeListHeading = ExitCode.HEADING,
        exitCodeList = {ExitCode.DONE_MEANS, "1:faults, or failed; a line tells each", ExitCode.WRONG_USAGE_MEANS},
        footer = {
            "",
            RequiredSettings.OF_REGISTRY,
            RequiredSettings.HOW_GIVEN,
            "",
            "Example:",
            "  schemas register --tracker.registry.url=http://127.0.0.1:18081"
        },
        mixinStandardHelpOptions = true,
        subcommands = {Schemas.Register.class, Schemas.Check.class})
final class Schemas implements Runnable {

    @Spec
    private @Nullable CommandSpec command;

    @Override
    public void run() {
        throw new ParameterException(
                Objects.requireNonNull(command).commandLine(), "Missing subcommand: register or check");
    }

    /** What both subcommands are given. */
    private abstract static class OnRegistry implements Callable<Integer> {

        @Spec
        private @Nullable CommandSpec command;

        @Mixin
        private SpringProperties properties = new SpringProperties();

        CommandLine commandLine() {
            return Objects.requireNonNull(command).commandLine();
        }

        PrintWriter out() {
            return commandLine().getOut();
        }

        PrintWriter err() {
            return commandLine().getErr();
        }

        String[] arguments() {
            return properties.arguments();
        }

        int unavailable(RegistryUnavailableException why) {
            err().println("failed: %s. Check tracker.registry.*, then try again.".formatted(why.getMessage()));
            return ExitCode.FAILED;
        }
    }

    /** {@code schemas register}. */
    @Command(
            name = "register",
            description = {
                "Registers the schema of each feed as <topic>-value and sets the subject's level",
                "to FULL_TRANSITIVE: old workers read new events, new workers old ones, whatever",
                "versions lie between. Safe to repeat."
            },
            exitCodeListHeading = ExitCode.HEADING,
            exitCodeList = {ExitCode.DONE_MEANS, "1:refused by the registry, or not reached", ExitCode.WRONG_USAGE_MEANS
            },
            footer = {
                "",
                RequiredSettings.OF_REGISTRY,
                RequiredSettings.HOW_GIVEN,
                "",
                "Example:",
                "  schemas register --tracker.registry.url=http://127.0.0.1:18081"
            },
            mixinStandardHelpOptions = true)
    static final class Register extends OnRegistry {

        @Override
        public Integer call() {
            try (ConfigurableApplicationContext context = ClientContext.startForRegistry(arguments())) {
                Subjects subjects = new Subjects(context.getBean(SchemaRegistry.class));
                for (EventFeed feed : EventFeed.values()) {
                    out().println(subjects.register(feed, ClientContext.topic(context, feed)));
                    out().flush();
                }
                return ExitCode.DONE;
            } catch (SchemaRefusedException e) {
                err().println("failed: " + e.getMessage());
                return ExitCode.FAILED;
            } catch (RegistryUnavailableException e) {
                return unavailable(e);
            }
        }
    }

    /** {@code schemas check}. */
    @Command(
            name = "check",
            description = {
                "Without files: is what is registered what this worker reads, and does the level",
                "keep it so?",
                "With files: could these changed .avsc files be released? Each is held against",
                "this worker's own schema, both ways, and, if tracker.registry.url is set,",
                "against every registered version."
            },
            exitCodeListHeading = ExitCode.HEADING,
            exitCodeList = {
                "0:all well",
                "1:faults, one a line, or the registry was not reached",
                ExitCode.WRONG_USAGE_MEANS
            },
            footer = {
                "",
                RequiredSettings.OF_REGISTRY,
                RequiredSettings.HOW_GIVEN,
                "With files it works without a registry, too.",
                "",
                "Examples:",
                "  schemas check --tracker.registry.url=http://127.0.0.1:18081",
                "  schemas check changed/PipelineRun.avsc"
            },
            mixinStandardHelpOptions = true)
    static final class Check extends OnRegistry {

        @Parameters(arity = "0..*", paramLabel = "<file>", description = "Changed .avsc files.")
        private List<Path> files = List.of();

        @Override
        public Integer call() {
            for (Path file : files) {
                if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
                    throw new ParameterException(commandLine(), "Not a file that can be read: " + file);
                }
            }
            List<String> faults;
            try {
                faults = faults(arguments());
            } catch (RegistryUnavailableException e) {
                return unavailable(e);
            }
            faults.forEach(err()::println);
            err().flush();
            if (faults.isEmpty()) {
                out().println("all well");
                out().flush();
            }
            return faults.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
        }

        private List<String> faults(String... arguments) {
            List<String> faults = new ArrayList<>();
            if (files.isEmpty()) {
                try (ConfigurableApplicationContext context = ClientContext.startForRegistry(arguments)) {
                    Subjects subjects = new Subjects(context.getBean(SchemaRegistry.class));
                    for (EventFeed feed : EventFeed.values()) {
                        faults.addAll(subjects.faults(feed, ClientContext.topic(context, feed)));
                    }
                }
                return faults;
            }
            for (Path file : files) {
                faults.addAll(faults(file, arguments));
            }
            return faults;
        }

        private List<String> faults(Path file, String... arguments) {
            Schema changed;
            try {
                changed = new Schema.Parser().parse(Files.readString(file));
            } catch (MalformedInputException e) {
                return List.of(file + ": not an Avro schema: it is not UTF-8");
            } catch (AvroRuntimeException | IOException e) {
                return List.of(file + ": not an Avro schema: " + told(e));
            }
            Optional<EventFeed> feed = Arrays.stream(EventFeed.values())
                    .filter(each -> each.eventType().getName().equals(changed.getFullName()))
                    .findFirst();
            if (feed.isEmpty()) {
                return List.of(file + ": " + changed.getFullName() + " is none of our events");
            }
            List<String> faults = new ArrayList<>(Subjects.faultsBesideOurs(feed.get(), changed));
            if (ClientContext.hasRegistry(arguments)) {
                try (ConfigurableApplicationContext context = ClientContext.startForRegistry(arguments)) {
                    String topic = ClientContext.topic(context, feed.get());
                    faults.addAll(new Subjects(context.getBean(SchemaRegistry.class)).faults(changed, topic));
                    out().println(file + ": compared with this worker's schema and every version of "
                            + EventFeed.subject(topic));
                }
            } else {
                out().println(file + ": compared with this worker's schema only: tracker.registry.url is not set");
            }
            return faults.stream().map(fault -> file + ": " + fault).toList();
        }

        private static String told(Exception e) {
            return e.getCause() instanceof JsonProcessingException json && json.getLocation() != null
                    ? "%s (line %d, column %d)"
                            .formatted(
                                    json.getOriginalMessage(),
                                    json.getLocation().getLineNr(),
                                    json.getLocation().getColumnNr())
                    // Avro quotes all of what it does not understand
                    : String.valueOf(e.getMessage()).replaceFirst("(?s): ?[{\\[].*", "");
        }
    }
}

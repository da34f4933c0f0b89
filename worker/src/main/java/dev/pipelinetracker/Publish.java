package dev.pipelinetracker;

import dev.pipelinetracker.publish.EventFeed;
import dev.pipelinetracker.publish.PublishException;
import dev.pipelinetracker.publish.Publisher;
import dev.pipelinetracker.publish.PublisherSettings;
import dev.pipelinetracker.publishing.PublishLines;
import dev.pipelinetracker.publishing.SampleEvents;
import dev.pipelinetracker.publishing.StandardError;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code publish}: events from lines of JSON to Kafka. */
@Command(
        name = "publish",
        description = {
            "Publishes events, one JSON object per line, from a file or standard input.",
            "A bad line is reported with its number, field and rule; the good ones are sent."
        },
        exitCodeListHeading = ExitCode.HEADING,
        exitCodeList = {
            "0:every event was delivered, or is good",
            "1:some lines were bad or not delivered, as told with their numbers",
            ExitCode.WRONG_USAGE_MEANS
        },
        footer = {
            "",
            RequiredSettings.OF_KAFKA_AND_REGISTRY,
            RequiredSettings.HOW_GIVEN,
            "--check and --sample need neither.",
            "",
            "Examples:",
            "  publish --sample --feed insights > events.ndjson",
            "  publish --check --feed insights < events.ndjson",
            "  publish --feed insights --spring.kafka.bootstrap-servers=127.0.0.1:19092 \\",
            "    --tracker.registry.url=http://127.0.0.1:18081 < events.ndjson"
        },
        mixinStandardHelpOptions = true)
final class Publish implements Callable<Integer> {

    private static final UUID SAMPLE_ORGANIZATION = UUID.fromString("11111111-1111-4111-8111-111111111111");
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
    private static final String DELIVERY_TIMEOUT = "spring.kafka.producer.properties.delivery.timeout.ms";
    private static final String MAX_BLOCK = "spring.kafka.producer.properties.max.block.ms";

    @Spec
    private @Nullable CommandSpec command;

    @Mixin
    private SpringProperties properties = new SpringProperties();

    @Option(
            names = "--feed",
            paramLabel = "<feed>",
            converter = FeedName.class,
            description = "What the events are: pipeline-runs, insights or visualizations.")
    private @Nullable EventFeed feed;

    @Option(
            names = "--topic",
            paramLabel = "<topic>",
            description = "Where they go; by default tracker.feeds.<feed>.topic, or else etl.<feed>.")
    private @Nullable String topic;

    @Option(names = "--check", description = "Check only: send nothing, connect to nothing.")
    private boolean check;

    @Option(names = "--sample", description = "Print a valid event of the feed, or of each, to start from.")
    private boolean sample;

    @Option(
            names = "--org",
            paramLabel = "<uuid>",
            description = "The organization of the sample; by default the local mode's first.")
    private @Nullable UUID organization;

    @Parameters(
            arity = "0..1",
            paramLabel = "<file>",
            description = "The lines; by default, or if it is -, standard input.")
    private @Nullable String file;

    @Override
    public Integer call() throws IOException {
        CommandSpec spec = java.util.Objects.requireNonNull(command);
        String[] arguments = properties.arguments();
        if (sample) {
            return printSamples();
        }
        if (organization != null) {
            throw new ParameterException(
                    spec.commandLine(), "--org is for --sample: events name their own organization");
        }
        EventFeed chosen = feed;
        if (chosen == null) {
            throw new ParameterException(
                    spec.commandLine(), "Missing option: --feed=pipeline-runs, insights or visualizations");
        }
        try (InputStream in = open(spec)) {
            boolean allWell = check ? check(spec, chosen, in) : send(spec, chosen, in, arguments);
            return allWell ? ExitCode.DONE : ExitCode.FAILED;
        }
    }

    private int printSamples() throws IOException {
        UUID of = organization == null ? SAMPLE_ORGANIZATION : organization;
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (EventFeed each : feed == null ? List.of(EventFeed.values()) : List.of(feed)) {
            out.println(SampleEvents.of(each, of));
        }
        // A full disk, for one: a file of half an event must not look like success.
        if (out.checkError()) {
            throw new IOException("standard output cannot be written to");
        }
        return ExitCode.DONE;
    }

    private static boolean check(CommandSpec spec, EventFeed feed, InputStream in) throws IOException {
        return new PublishLines(feed, null, spec.commandLine().getErr(), StandardError.isWatched()).publish(in);
    }

    private boolean send(CommandSpec spec, EventFeed feed, InputStream in, String[] arguments) throws IOException {
        try (ConfigurableApplicationContext context = ClientContext.start(arguments);
                Publisher publisher = Publisher.connect(settings(context, feed))) {
            return new PublishLines(feed, publisher, spec.commandLine().getErr(), StandardError.isWatched())
                    .publish(in);
        } catch (PublishException e) {
            spec.commandLine()
                    .getErr()
                    .println(
                            "failed: %s. Nothing was sent: check spring.kafka.*, tracker.registry.* and the topic, then try again."
                                    .formatted(e.getMessage()));
            return false;
        }
    }

    PublisherSettings settings(ConfigurableApplicationContext context, EventFeed feed) {
        Map<String, Object> kafka =
                new HashMap<>(context.getBean(KafkaProperties.class).buildProducerProperties());
        if (kafka.get(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG) == ByteArraySerializer.class) {
            // the worker's default, for dead letters; anything else is the user's
            kafka.remove(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG);
        }
        if (ClientContext.isOurDefault(context, DELIVERY_TIMEOUT)) {
            // The worker's defaults are for dead letters, which it sends again; a line is lost.
            kafka.put(
                    ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                    Math.toIntExact(PublisherSettings.DELIVERY_TIMEOUT.toMillis()));
        }
        if (ClientContext.isOurDefault(context, MAX_BLOCK)) {
            kafka.remove(ProducerConfig.MAX_BLOCK_MS_CONFIG);
        }
        String to = topic != null ? topic : ClientContext.topic(context, feed);
        return PublisherSettings.of(kafka, context.getBean(SchemaRegistry.class))
                .withTopic(feed, to)
                .withTimeouts(LONGEST_WAIT, Duration.ofSeconds(1));
    }

    private InputStream open(CommandSpec spec) throws IOException {
        String name = file;
        if (name == null || name.equals("-")) {
            return System.in;
        }
        Path path = Path.of(name);
        if (!Files.isReadable(path) || Files.isDirectory(path)) {
            throw new ParameterException(spec.commandLine(), "Not a file that can be read: " + name);
        }
        return Files.newInputStream(path);
    }

    /** A feed by its name. */
    static final class FeedName implements ITypeConverter<EventFeed> {

        @Override
        public EventFeed convert(String name) {
            return EventFeed.named(name)
                    .orElseThrow(() -> new TypeConversionException(
                            "must be one of " + new ArrayList<>(List.of(EventFeed.values()))));
        }
    }
}

package dev.pipelinetracker.publishing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.publish.EventFeed;
import dev.pipelinetracker.wire.EventSchemas;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRefusedException;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code schemas register} and {@code schemas check} do to any registry that speaks Confluent's protocol. */
abstract class SchemasCommandContract {

    private static final String RUN = EventSchemas.avsc(PipelineRun.class);

    private final String prefix = "s" + UUID.randomUUID().toString().substring(0, 8) + ".";
    private final String topic = prefix + "pipeline-runs";
    private final String subject = EventFeed.subject(topic);

    @TempDir
    private Path folder;

    /** The base URL of the registry under test. */
    abstract URI url();

    private SchemaRegistry registry() {
        return new SchemaRegistry(RegistrySettings.at(url()));
    }

    @Test
    void registeringTwiceIsRegisteringOnceAndThenAllIsWell() {
        CommandLineRun before = schemas("check");
        assertThat(before.exitCode()).as(before.err()).isEqualTo(1);
        assertThat(before.err()).contains(subject + ": not registered");

        CommandLineRun first = schemas("register");
        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(first.out()).contains(subject + ": registered, id ");
        assertThat(registry().level(subject)).contains("FULL_TRANSITIVE");

        CommandLineRun second = schemas("register");
        assertThat(second.exitCode()).isZero();
        assertThat(second.out().lines()).hasSize(3).allMatch(line -> line.contains(": unchanged, id "));
        assertThat(registry().versions(subject)).hasSize(1);

        CommandLineRun after = schemas("check");
        assertThat(after.err()).isEmpty();
        assertThat(after.exitCode()).isZero();
    }

    @Test
    void whatWouldLeaveAWorkerBehindIsRefusedByTheRegistryThen() {
        SchemaRegistry registry = registry();
        new Subjects(registry).register(EventFeed.PIPELINE_RUNS, topic);
        registry.register(subject, withOptionalField());
        assertThatThrownBy(() -> registry.register(subject, withRequiredField()))
                .isInstanceOf(SchemaRefusedException.class);
        assertThatThrownBy(() -> registry.register(subject, withSymbol())).isInstanceOf(SchemaRefusedException.class);
        assertThat(new Subjects(registry).faults(EventFeed.PIPELINE_RUNS, topic))
                .isEmpty();
    }

    @Test
    void whatOthersHaveRegisteredIsCheckedVersionByVersionAndTheLevelIsMended() {
        SchemaRegistry registry = registry();
        registry.register(subject, RUN);
        registry.setLevel(subject, "NONE");
        registry.register(subject, withRequiredField());
        Subjects subjects = new Subjects(registry);
        assertThat(subjects.faults(EventFeed.PIPELINE_RUNS, topic))
                .hasSize(2)
                .anySatisfy(fault -> assertThat(fault)
                        .startsWith(subject + " version 2: its readers cannot read our events:"
                                + " READER_FIELD_MISSING_DEFAULT_VALUE"))
                .anySatisfy(fault -> assertThat(fault).contains("its level is not FULL_TRANSITIVE"));
        assertThat(subjects.register(EventFeed.PIPELINE_RUNS, topic)).contains("level set");
        assertThat(registry.level(subject)).isEqualTo(Optional.of("FULL_TRANSITIVE"));
    }

    @Test
    void aChangedFileIsHeldAgainstEveryRegisteredVersion() throws Exception {
        registry().register(subject, RUN);
        CommandLineRun good = schemas("check", file(withOptionalField()));
        assertThat(good.err()).isEmpty();
        assertThat(good.exitCode()).isZero();
        CommandLineRun bad = schemas("check", file(withSymbol()));
        assertThat(bad.exitCode()).isEqualTo(1);
        assertThat(bad.err()).contains("MISSING_ENUM_SYMBOLS").contains(subject + " version 1");
    }

    @Test
    void anotherLogicalTypeOrNoneIsAFaultThatTheRegistryDoesNotSee() {
        Subjects subjects = new Subjects(registry());
        subjects.register(EventFeed.PIPELINE_RUNS, topic);
        registry().register(subject, RUN.replace("timestamp-micros", "timestamp-millis"));
        assertThat(subjects.faults(EventFeed.PIPELINE_RUNS, topic))
                .containsExactly(
                        subject + " version 2: its bytes mean something else: timestamp: its logicalType must be"
                                + " timestamp-micros and is timestamp-millis");
        assertThat(Subjects.faultsBesideOurs(
                        EventFeed.PIPELINE_RUNS,
                        new Schema.Parser()
                                .parse(RUN.replace(
                                        "{\"type\": \"long\", \"logicalType\": \"timestamp-micros\"}", "\"long\""))))
                .containsExactly(
                        "its bytes mean something else: timestamp: its logicalType must be timestamp-micros and is"
                                + " none");
    }

    String file(String avsc) throws Exception {
        return Files.writeString(folder.resolve("changed.avsc"), avsc).toString();
    }

    static String withOptionalField() {
        return withField("{\"name\": \"host\", \"type\": [\"null\", \"string\"], \"default\": null}");
    }

    static String withRequiredField() {
        return withField("{\"name\": \"host\", \"type\": \"string\"}");
    }

    static String withSymbol() {
        return RUN.replace("\"failed\"]", "\"failed\", \"cancelled\"]");
    }

    private static String withField(String field) {
        return RUN.replace("\"fields\": [", "\"fields\": [" + field + ",");
    }

    CommandLineRun schemas(String... arguments) {
        String[] topics = Arrays.stream(EventFeed.values())
                .map(feed -> "--tracker.feeds." + feed.label() + ".topic=" + prefix + feed.label())
                .toArray(String[]::new);
        return CommandLineRun.of(
                "",
                Stream.of(new String[] {"schemas"}, arguments, topics, new String[] {"--tracker.registry.url=" + url()})
                        .flatMap(Arrays::stream)
                        .toArray(String[]::new));
    }
}

package dev.pipelinetracker.publishing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.publish.EventFeed;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.wire.EventDecoder;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.io.File;
import java.net.URI;
import java.nio.file.Path;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** {@code publish} as a shell user runs it. */
class PublishCommandTest {

    private final UUID organization = UUID.randomUUID();

    @Test
    void goodLinesAreSentBadOnesAreReportedAndTheExitCodeSaysSo() throws Exception {
        String topic = "shell-" + organization;
        RealBroker.createTopics(1, topic);
        String good = SampleEvents.of(EventFeed.PIPELINE_RUNS, organization);

        CommandLineRun mixed = publish(good + "\n{}\n" + good + "\n", "--topic=" + topic);

        assertThat(mixed.err())
                .contains("line 2: org_id: is missing")
                .contains("pipeline-runs: 2 delivered, 0 not delivered, 1 bad");
        assertThat(mixed.exitCode()).isEqualTo(1);
        assertThat(mixed.out()).isEmpty();
        assertThat(RealBroker.readAll(topic)).hasSize(2);
        ConsumerRecord<byte[], byte[]> sent = RealBroker.readAll(topic).get(0);
        assertThat(new String(sent.key(), java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo(organization.toString());
        PipelineRun run = new EventDecoder<>(
                        PipelineRun.class, new SchemaRegistry(RegistrySettings.at(URI.create(RealRegistry.url()))))
                .decode(sent.value());
        assertThat(run.getOrgId()).isEqualTo(organization);

        CommandLineRun allGood = publish(good, "--tracker.feeds.pipeline-runs.topic=" + topic);
        assertThat(allGood.exitCode()).isZero();
        assertThat(RealBroker.readAll(topic)).hasSize(3);
    }

    @Test
    void aTopicThatIsNotThereIsToldAtOnceAndNothingIsSent() {
        CommandLineRun run = publish(
                SampleEvents.of(EventFeed.PIPELINE_RUNS, organization),
                "--topic=absent-" + organization,
                "--spring.kafka.producer.properties.max.block.ms=1000");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err())
                .startsWith("failed: Kafka does not know topic absent-" + organization)
                .contains("Nothing was sent: check spring.kafka.*");
    }

    @Test
    void checkAndSampleNeedNeitherBrokerNorRegistryAndPrintNothingElse() {
        CommandLineRun samples = CommandLineRun.of("", "publish", "--sample", "--org=" + organization);
        assertThat(samples.exitCode()).isZero();
        assertThat(samples.err()).isEmpty();
        assertThat(samples.out().lines()).hasSize(3).allMatch(line -> line.contains(organization.toString()));

        CommandLineRun one = CommandLineRun.of("", "publish", "--sample", "--feed=insights");
        CommandLineRun check = CommandLineRun.of(one.out(), "publish", "--check", "--feed=insights");
        assertThat(check.err()).isEqualTo("insights: 1 good, 0 bad" + System.lineSeparator());
        assertThat(check.exitCode()).isZero();
        assertThat(check.out()).isEmpty();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aSampleThatCannotBeWrittenIsAFailure() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.pipelinetracker.Main",
                        "publish",
                        "--sample")
                .redirectOutput(new File("/dev/full"))
                .start();
        String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).isEqualTo(1);
        assertThat(err).isEqualTo("failed: standard output cannot be written to" + System.lineSeparator());
    }

    @Test
    void wrongUsageIsExitCodeTwo() {
        assertThat(CommandLineRun.of("", "publish").exitCode()).isEqualTo(2);
        CommandLineRun strayOrg =
                CommandLineRun.of("", "publish", "--feed=insights", "--check", "--org=" + organization);
        assertThat(strayOrg.exitCode()).isEqualTo(2);
        assertThat(strayOrg.err()).contains("--org is for --sample");
        CommandLineRun nowhere = CommandLineRun.of("", "publish", "--feed=insights");
        assertThat(nowhere.exitCode()).isEqualTo(2);
        assertThat(nowhere.err())
                .startsWith("not set: spring.kafka.bootstrap-servers, tracker.registry.url")
                .hasLineCount(1);
        assertThat(nowhere.out()).isEmpty();
        CommandLineRun unknown = CommandLineRun.of("", "publish", "--feed=runs", "--check");
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.err()).contains("must be one of [pipeline-runs, insights, visualizations]");
        assertThat(CommandLineRun.of("", "publish", "--feed=insights", "--chekc")
                        .exitCode())
                .isEqualTo(2);
        assertThat(CommandLineRun.of("", "publish", "--feed=insights", "--check", "absent.ndjson")
                        .exitCode())
                .isEqualTo(2);
    }

    private static CommandLineRun publish(String input, String... options) {
        String[] arguments = new String[options.length + 4];
        arguments[0] = "publish";
        arguments[1] = "--feed=pipeline-runs";
        arguments[2] = "--spring.kafka.bootstrap-servers=" + RealBroker.bootstrapServers();
        arguments[3] = "--tracker.registry.url=" + RealRegistry.url();
        System.arraycopy(options, 0, arguments, 4, options.length);
        return CommandLineRun.of(input, arguments);
    }
}

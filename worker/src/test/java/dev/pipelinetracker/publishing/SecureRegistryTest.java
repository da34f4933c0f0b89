package dev.pipelinetracker.publishing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.publish.EventFeed;
import dev.pipelinetracker.publish.PublishException;
import dev.pipelinetracker.publish.Publisher;
import dev.pipelinetracker.publish.PublisherSettings;
import dev.pipelinetracker.support.Certificates;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A registry behind TLS, of an authority that Java does not know, and behind credentials; for all who talk to one. */
class SecureRegistryTest {

    private static final String UNTRUSTED = "TLS with the registry failed: unable to find valid certification path";
    private static final String BASIC = "--tracker.registry.username=tracker";

    @TempDir
    private static Path folder;

    private static Certificates certificates;
    private static SecureRegistry registry;

    private final String topic = "secure-" + UUID.randomUUID();

    @BeforeAll
    static void start() throws Exception {
        certificates = new Certificates(folder);
        registry = new SecureRegistry(certificates.serverOf("ip:127.0.0.1"));
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @Test
    void schemasRegisterKnowsItsAuthorityByABundleAndShowsUserAndPassword() {
        CommandLineRun run = schemas("register", trust("--tracker.registry.password=pass:wörd", BASIC));
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains(topic + "-value: registered, id ");
        assertThat(run.exitCode()).isZero();

        CommandLineRun untrusted = schemas("register", BASIC, "--tracker.registry.password=pass:wörd");
        assertThat(untrusted.err()).startsWith("failed: /subjects/").contains(UNTRUSTED);
        assertThat(untrusted.exitCode()).isEqualTo(1);

        CommandLineRun wrong = schemas("register", trust("--tracker.registry.password=word", BASIC));
        assertThat(wrong.err()).contains("status 401 (credentials are missing or wrong, or do not suffice)");
        assertThat(wrong.err()).doesNotContain("=word");
        assertThat(wrong.exitCode()).isEqualTo(1);
    }

    @Test
    void aCertificateOfAnotherHostIsToldToBeThat() throws Exception {
        try (SecureRegistry elsewhere = new SecureRegistry(certificates.serverOf("dns:elsewhere.example"))) {
            assertThatThrownBy(() -> new SchemaRegistry(
                                    RegistrySettings.at(elsewhere.url()).withTls(certificates.client()))
                            .versions("any"))
                    .hasMessageContaining("TLS with the registry failed: No subject alternative names matching IP");
        }
    }

    @Test
    void theWorkerReadsSchemasByATokenAndStores() throws Exception {
        Database database = RealPostgres.freshDatabase();
        UUID organization = database.organization("Secure");
        String[] settings = Stream.of(
                        trust("--tracker.registry.token=t0ken"),
                        new String[] {"--tracker.registry.url=" + registry.url()})
                .flatMap(Stream::of)
                .map(argument -> argument.substring(2))
                .toArray(String[]::new);
        RunningWorker worker = RunningWorker.start(RunningWorker.createTopics(1), database, settings);
        try (worker) {
            RealBroker.send(
                    worker.topic("insights"),
                    Events.key(organization),
                    Events.bytes(SourceInsight.class, Events.insight(organization, 1)));
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(StoredEvents.of(database, EventFeed.INSIGHTS, organization))
                            .isEqualTo(StoredEvents.expected(
                                    EventFeed.INSIGHTS, List.of(Events.insight(organization, 1)))));
        }
    }

    @Test
    void thePublisherDoesTooAndSaysWhatIsWrongBeforeItStarts() throws Exception {
        RealBroker.createTopics(1, topic);
        RegistrySettings settings = RegistrySettings.at(registry.url())
                .withTls(certificates.client())
                .withBasicAuth("tracker", "pass:wörd");
        try (Publisher publisher = connect(settings)) {
            var place = publisher.publish(Events.insight(UUID.randomUUID(), 1));
            assertThat(place.get(30, TimeUnit.SECONDS).topic()).isEqualTo(topic);
        }
        try (Publisher publisher = connect(RegistrySettings.at(registry.url()))) {
            assertThatThrownBy(() -> publisher.requireReady(EventFeed.INSIGHTS))
                    .isInstanceOf(PublishException.class)
                    .hasMessageContaining(UNTRUSTED);
        }
        try (Publisher publisher = connect(settings.withBearerToken("stale"))) {
            assertThatThrownBy(() -> publisher.requireReady(EventFeed.INSIGHTS))
                    .isInstanceOf(PublishException.class)
                    .hasMessageContaining("status 401")
                    .hasMessageNotContaining("stale");
        }
    }

    private Publisher connect(RegistrySettings settings) {
        return Publisher.connect(PublisherSettings.of(RealBroker.bootstrapServers(), new SchemaRegistry(settings))
                .withTopic(EventFeed.INSIGHTS, topic));
    }

    private static String[] trust(String... others) {
        return Stream.of(others, new String[] {
                    "--tracker.registry.ssl-bundle=registry",
                    "--spring.ssl.bundle.pem.registry.truststore.certificate=file:" + certificates.authority()
                })
                .flatMap(Stream::of)
                .toArray(String[]::new);
    }

    private CommandLineRun schemas(String command, String... arguments) {
        return CommandLineRun.of(
                "",
                Stream.of(
                                new String[] {"schemas", command, "--tracker.registry.url=" + registry.url()},
                                Stream.of(EventFeed.values())
                                        .map(feed -> "--tracker.feeds." + feed + ".topic=" + topic)
                                        .limit(1)
                                        .toArray(String[]::new),
                                arguments)
                        .flatMap(Stream::of)
                        .toArray(String[]::new));
    }
}

package dev.pipelinetracker.secure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.EngineOnly;
import dev.pipelinetracker.deadletters.LetterBox;
import dev.pipelinetracker.deadletters.LetterFilter;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.support.Certificates;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.support.RunningWorker;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

/** The worker by TLS, with each way to show who it is; and with each of them wrong. */
@ExtendWith(OutputCaptureExtension.class)
class SecureTransportTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String ALLOWED_URLS = "org.apache.kafka.sasl.oauthbearer.allowed.urls";
    private static final String PASSWORD = "p4ssword-of-the-worker";
    private static final UUID ORGANIZATION = new UUID(8, 15);

    @TempDir
    private static Path folder;

    private static Certificates certificates;
    private static Certificates strangers;
    private static TokenServer tokens;
    private static SecureBroker broker;
    private static SecurePostgres postgres;
    private static String workersPem;
    private static String strangersPem;

    private final String name = "s" + UUID.randomUUID().toString().replace('-', '_');

    @BeforeAll
    static void start() throws Exception {
        certificates = new Certificates(Files.createDirectory(folder.resolve("ours")));
        strangers = new Certificates(Files.createDirectory(folder.resolve("strangers")));
        workersPem = certificates.pemOf("dns:worker").toString();
        strangersPem = strangers.pemOf("dns:worker").toString();
        tokens = new TokenServer();
        System.setProperty(ALLOWED_URLS, tokens.tokenUrl() + "," + tokens.keysUrl());
        broker = new SecureBroker(folder.resolve("broker"), certificates, tokens);
        broker.user("tracker", PASSWORD);
        Files.writeString(
                Files.createDirectory(folder.resolve("secrets")).resolve("spring.kafka.properties.sasl.jaas.config"),
                scram("tracker", PASSWORD));
        postgres = new SecurePostgres(folder, certificates);
    }

    @AfterAll
    static void stop() {
        broker.close();
        tokens.close();
        System.clearProperty(ALLOWED_URLS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SCRAM", "OAUTH", "MUTUAL"})
    void anEventBecomesARowAndABrokenOneADeadLetter(String listener) throws Exception {
        Database database = database();
        makeTopics();
        publish();
        try (RunningWorker worker = RunningWorker.start(prefix(), database, properties(listener))) {
            await().atMost(SOON).until(() -> worker.count("tracker.events", "feed", "pipeline-runs") == 2);
        }
        assertThat(rows(database)).isEqualTo(1);
        assertThat(letters()).isEqualTo(1);
        assertThat(shownToAnOperator(database, listener)).contains("1 open dead letters of pipeline-runs");
    }

    /** Half a minute: there are 10 s between two attempts, and the client tells a refusal more than once. */
    @Test
    void aUserThatTheBrokerDoesNotKnowIsWaitedForAndThenNothingIsMissing(CapturedOutput output) throws Exception {
        Database database = database();
        makeTopics();
        publish();
        String login = scram("late", PASSWORD);
        try (RunningWorker worker = RunningWorker.start(
                prefix(), database, with("SCRAM", "spring.kafka.properties.sasl.jaas.config=" + login))) {
            await().atMost(SOON).until(() -> output.getAll().contains("the broker refuses"));
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(
                                    worker.get("/actuator/health/dependencies").body())
                            .contains("\"status\":\"DOWN\"", "waits: broker"));
            assertThat(worker.get("/actuator/health/liveness").statusCode()).isEqualTo(200);
            // each feed's consumers are refused by themselves, one a moment after another
            await().atMost(SOON).until(() -> worker.gauge("tracker.paused", "feed", "pipeline-runs") == 1);

            broker.user("late", PASSWORD);

            await().atMost(SOON).until(() -> worker.count("tracker.events", "feed", "pipeline-runs") == 2);
            await().atMost(SOON)
                    .until(() -> worker.get("/actuator/health/dependencies").statusCode() == 200);
        }
        assertThat(rows(database)).isEqualTo(1);
        assertThat(letters()).isEqualTo(1);
        assertThat(output.getAll())
                .contains("Check spring.kafka.properties.sasl.*")
                .doesNotContain(PASSWORD)
                .doesNotContain("\tat ");
    }

    /** What is wrong, by which listener, and what is told. */
    static Stream<Arguments> wrongs() {
        String strangersAuthority = strangers.authority().toString();
        return Stream.of(
                Arguments.of(
                        "SCRAM",
                        "spring.kafka.properties.ssl.truststore.location=" + strangersAuthority,
                        "not of an authority that we trust",
                        "Check spring.kafka.properties.ssl.truststore.*"),
                Arguments.of(
                        "SCRAM",
                        "spring.kafka.properties.sasl.jaas.config=" + scram("tracker", "wrong"),
                        "invalid credentials",
                        "Check spring.kafka.properties.sasl.*"),
                Arguments.of(
                        "MUTUAL",
                        "spring.kafka.properties.ssl.keystore.location=" + strangersPem,
                        "does not accept the certificate that we show",
                        "Check spring.kafka.properties.ssl.keystore.*"),
                Arguments.of(
                        "SCRAM",
                        "spring.datasource.url=%s?sslmode=verify-full&sslrootcert=" + strangersAuthority,
                        "waiting for the database: the server's certificate is not of an authority that we trust",
                        "Check sslmode and sslrootcert in spring.datasource.url"),
                Arguments.of("SCRAM", "spring.datasource.url=%s?sslmode=disable", "no encryption", "sslmode in .url"),
                Arguments.of(
                        "SCRAM",
                        "spring.datasource.password=wrong",
                        "waiting for the database: FATAL: password authentication failed",
                        "Check spring.datasource.username, .password"));
    }

    @ParameterizedTest
    @MethodSource("wrongs")
    void whatIsWrongIsToldOnceByNameAndNothingIsLostMeanwhile(
            String listener, String wrong, String told, String check, CapturedOutput output) throws Exception {
        Database database = database();
        makeTopics();
        publish();
        String[] properties =
                with(listener, wrong.replace("%s", database.jdbcUrl().replaceAll("\\?.*", "")));
        try (RunningWorker worker = RunningWorker.start(prefix(), database, properties)) {
            await().atMost(SOON).until(() -> output.getAll().contains(check));
            await().atMost(SOON)
                    .until(() -> worker.get("/actuator/health/dependencies").statusCode() == 503);
            assertThat(worker.get("/actuator/health/liveness").statusCode()).isEqualTo(200);
            assertThat(worker.count("tracker.events")).isZero();
        }
        assertThat(output.getAll())
                .contains(told)
                .doesNotContain("\tat ")
                .doesNotContain(PASSWORD)
                .doesNotContain("=wrong");
        // the broker is in this JVM, too
        assertThat(output.getAll()
                        .lines()
                        .filter(line -> line.contains(" WARN ") || line.contains(" ERROR "))
                        .filter(line -> !line.contains("QuorumController")))
                .as("one line a feed, not one an attempt")
                .hasSizeLessThanOrEqualTo(3);
        assertThat(letters()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "MUTUAL, spring.kafka.properties.ssl.keystore.location=/nowhere/worker.pem, /nowhere/worker.pem",
        "OAUTH, spring.kafka.properties.sasl.oauthbearer.client.credentials.client.secret=wrong, invalid_client",
    })
    void withoutAFileOrATokenItDoesNotStartAndSaysSoInASentence(
            String listener, String wrong, String told, CapturedOutput output) {
        Database database = database();
        assertThatThrownBy(() -> RunningWorker.start(prefix(), database, with(listener, wrong)))
                .isInstanceOf(Exception.class);
        assertThat(output.getAll())
                .contains("Kafka's client cannot be made", told, "Check spring.kafka.*")
                .doesNotContain("=wrong");
    }

    private String prefix() {
        return name + ".";
    }

    private static String scram(String user, String password) {
        return "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"%s\";"
                .formatted(user, password);
    }

    private static String[] with(String listener, String wrong) {
        return Stream.concat(Stream.of(properties(listener)), Stream.of(wrong)).toArray(String[]::new);
    }

    private String shownToAnOperator(Database database, String listener) {
        List<String> arguments = new ArrayList<>(List.of(
                "--spring.datasource.url=" + database.jdbcUrl(),
                "--spring.datasource.username=" + SecurePostgres.operatorOf(database.name()),
                "--spring.datasource.password=" + database.password(),
                "--tracker.registry.url=" + RealRegistry.url(),
                "--tracker.feeds.pipeline-runs.topic=" + prefix() + "pipeline-runs"));
        Stream.of(properties(listener)).forEach(property -> arguments.add("--" + property));
        StringWriter shown = new StringWriter();
        PrintWriter writer = new PrintWriter(shown, true);
        try (ConfigurableApplicationContext command =
                EngineOnly.start(LetterBox.class, arguments.toArray(String[]::new))) {
            LetterFilter all = new LetterFilter(Set.of(), List.of(), null, null, Set.of());
            command.getBean(LetterBox.class).list("pipeline-runs", all, 10, new Operator(writer, writer, null, false));
        }
        return shown.toString();
    }

    /** As in the README. */
    private static String[] properties(String listener) {
        List<String> properties = new ArrayList<>(List.of(
                "spring.kafka.bootstrap-servers=" + broker.bootstrapServers(listener),
                "spring.kafka.properties.ssl.truststore.type=PEM",
                "spring.kafka.properties.ssl.truststore.location=" + certificates.authority()));
        properties.addAll(
                switch (listener) {
                    case "SCRAM" ->
                        List.of(
                                "spring.kafka.security.protocol=SASL_SSL",
                                "spring.kafka.properties.sasl.mechanism=SCRAM-SHA-512",
                                "spring.config.import=configtree:" + folder.resolve("secrets") + "/");
                    case "OAUTH" ->
                        List.of(
                                "spring.kafka.security.protocol=SASL_SSL",
                                "spring.kafka.properties.sasl.mechanism=OAUTHBEARER",
                                "spring.kafka.properties.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;",
                                "spring.kafka.properties.sasl.login.callback.handler.class=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler",
                                "spring.kafka.properties.sasl.oauthbearer.token.endpoint.url=" + tokens.tokenUrl(),
                                "spring.kafka.properties.sasl.oauthbearer.client.credentials.client.id="
                                        + TokenServer.CLIENT,
                                "spring.kafka.properties.sasl.oauthbearer.client.credentials.client.secret="
                                        + TokenServer.SECRET);
                    default ->
                        List.of(
                                "spring.kafka.security.protocol=SSL",
                                "spring.kafka.properties.ssl.keystore.type=PEM",
                                "spring.kafka.properties.ssl.keystore.location=" + workersPem);
                });
        return properties.toArray(String[]::new);
    }

    private static Database database() {
        String database = postgres.database(PASSWORD);
        postgres.sql(database)
                .sql("INSERT INTO organizations (id, name, slug) VALUES (?, 'Secure', 'secure')")
                .param(ORGANIZATION)
                .update();
        return new Database(
                database,
                postgres.jdbcUrl("localhost", database) + "?sslmode=verify-full&sslrootcert="
                        + certificates.authority(),
                database,
                PASSWORD);
    }

    private void makeTopics() throws Exception {
        List<NewTopic> topics = new ArrayList<>();
        for (String feed : List.of("pipeline-runs", "insights", "visualizations")) {
            topics.add(new NewTopic(prefix() + feed, 1, (short) 1));
            topics.add(new NewTopic(prefix() + feed + ".dlt", 1, (short) 1));
        }
        try (Admin admin = broker.admin()) {
            admin.createTopics(topics).all().get();
        }
    }

    private void publish() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                broker.insideServers(),
                ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
                ByteArraySerializer.class,
                ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG,
                ByteArraySerializer.class))) {
            byte[] key = Events.key(ORGANIZATION);
            producer.send(new ProducerRecord<>(
                            prefix() + "pipeline-runs",
                            key,
                            Events.bytes(PipelineRun.class, Events.run(ORGANIZATION, 1))))
                    .get();
            producer.send(new ProducerRecord<>(
                            prefix() + "pipeline-runs", key, "rubbish".getBytes(StandardCharsets.UTF_8)))
                    .get();
        }
    }

    private static long rows(Database database) {
        return postgres.sql(database.name())
                .sql("SELECT count(*) FROM analytics_pipeline_history")
                .query(Long.class)
                .single();
    }

    private long letters() throws Exception {
        TopicPartition letters = new TopicPartition(prefix() + "pipeline-runs.dlt", 0);
        try (Admin admin = broker.admin()) {
            return admin.listOffsets(Map.of(letters, OffsetSpec.latest()))
                    .partitionResult(letters)
                    .get()
                    .offset();
        }
    }
}

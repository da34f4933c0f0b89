package dev.pipelinetracker.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.EngineOnly;
import dev.pipelinetracker.database.Migrations;
import dev.pipelinetracker.erasure.Erasure.Request;
import dev.pipelinetracker.faults.FaultyPostgres;
import dev.pipelinetracker.faults.Ports;
import dev.pipelinetracker.faults.Signal;
import dev.pipelinetracker.local.LocalBroker;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.OperatorProcess;
import dev.pipelinetracker.replay.OperatorSession;
import dev.pipelinetracker.replay.StopSignal;
import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RunningWorker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

/** An erasure whose database or broker goes away under its hands, and comes back. */
class ErasureFaultsTest {

    private static final Duration SOON = Duration.ofSeconds(90);
    private static final int RUNS = 20_000;
    private static final String TOPICS = "erased.";

    @TempDir
    private Path folder;

    /** Stopped at once; then a commit that is durable, and whose answer never comes. */
    @Test
    void itWaitsForTheDatabaseAndCountsEachRowOnce() {
        FaultyPostgres postgres = FaultyPostgres.start();
        Database database = new Database(
                "postgres", "jdbc:postgresql://127.0.0.1:%d/postgres".formatted(postgres.port()), "postgres", "");
        new Migrations(database.dataSource()).migrate();
        UUID large = database.organization("Large");
        runs(database, large, RUNS);
        JdbcClient sql = database.sql();
        sql.sql("""
                CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$;
                CREATE TRIGGER slow AFTER DELETE ON analytics_pipeline_history FOR EACH STATEMENT EXECUTE FUNCTION slow()
                """).update();
        try (OperatorProcess erasure = OperatorProcess.start(
                folder,
                RunningWorker.createTopics(1),
                database,
                "tenant",
                "erase",
                "--org",
                large.toString(),
                "--yes")) {
            await().atMost(SOON).until(() -> countRuns(database) < RUNS || !erasure.isAlive());
            postgres.whileDown(
                    Signal.QUIT,
                    () -> await().atMost(SOON).until(() -> erasure.errors().contains("waiting") || !erasure.isAlive()));
            int waits = erasure.errors().split("waiting", -1).length;
            loseTheAnswerOfACommit(sql, erasure);
            assertThat(erasure.end(0))
                    .contains("erasure 1 done: deleted ")
                    .contains("20,000 of analytics_pipeline_history")
                    .contains("1 of organizations");
            assertThat(erasure.errors().split("waiting", -1))
                    .as("the lost answer")
                    .hasSizeGreaterThan(waits);
        }
        assertThat(sql.sql("SELECT deleted ->> 'analytics_pipeline_history' FROM tracker.erasures")
                        .query(Integer.class)
                        .single())
                .isEqualTo(RUNS);
        assertThat(countRuns(database)).isZero();
    }

    /** It is stopped while the operator is asked, and comes back once it is waited for; and it tells nobody its settings. */
    @Test
    void itWaitsForTheBrokerAndDoesWithoutItsSettings() throws Exception {
        Database database = RealPostgres.freshDatabase();
        UUID organization = database.organization("One");
        runs(database, organization, 2);
        Broker broker = new Broker(folder.resolve("broker"));
        try (ConfigurableApplicationContext command = command(database, broker);
                StopSignal stop = StopSignal.installed()) {
            broker.prepare(organization);
            StringWriter shown = new StringWriter();
            Operator operator =
                    new Operator(new PrintWriter(shown, true), new PrintWriter(shown, true), whoStops(broker), true);
            CompletableFuture<Boolean> erased = CompletableFuture.supplyAsync(() ->
                    command.getBean(Erasure.class).run(new Request(organization, null, false, false), operator, stop));
            await().atMost(SOON).until(() -> shown.toString().contains("waiting") || erased.isDone());
            assertThat(countRuns(database)).isZero();
            broker.startAgain();

            assertThat(erased.get(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(shown.toString())
                    .contains("the broker does not answer")
                    .contains("\"status\":\"done\"")
                    .contains("\"letters\":1")
                    .contains("\"topic\":\"erased.pipeline-runs\",\"records\":null,\"longest_seconds\":null");
        } finally {
            broker.close();
        }
        assertThat(database.sql()
                        .sql("SELECT status || letters FROM tracker.erasures")
                        .query(String.class)
                        .single())
                .isEqualTo("done1");
    }

    /**
     * Whoever commits waits for a standby that does not exist, after the commit is durable; cut off there, it never hears of
     * it.
     */
    private static void loseTheAnswerOfACommit(JdbcClient sql, OperatorProcess erasure) {
        sql.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'").update();
        boolean unusedReloaded =
                sql.sql("SELECT pg_reload_conf()").query(Boolean.class).single();
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> sql.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                                        .query(Long.class)
                                        .single()
                                > 0
                        || !erasure.isAlive());
        assertThat(sql.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                        .query(Boolean.class)
                        .list())
                .containsOnly(true);
        sql.sql("ALTER SYSTEM RESET synchronous_standby_names").update();
        unusedReloaded = sql.sql("SELECT pg_reload_conf()").query(Boolean.class).single();
    }

    /** Says yes, once the broker is stopped. */
    private static BufferedReader whoStops(Broker broker) {
        return new BufferedReader(new StringReader("y\n") {
            @Override
            public int read(char[] buffer, int offset, int length) throws IOException {
                broker.close();
                return super.read(buffer, offset, length);
            }
        });
    }

    private static ConfigurableApplicationContext command(Database database, Broker broker) {
        List<String> arguments = new ArrayList<>(OperatorSession.properties(TOPICS, database));
        arguments.removeIf(argument -> argument.startsWith("--spring.kafka.bootstrap-servers="));
        arguments.add("--spring.kafka.bootstrap-servers=" + broker.address());
        // not half a minute for each attempt
        arguments.add("--spring.kafka.properties.request.timeout.ms=2000");
        arguments.add("--spring.kafka.properties.default.api.timeout.ms=4000");
        return EngineOnly.start(Erasure.class, arguments.toArray(String[]::new));
    }

    private static void runs(Database database, UUID organization, int count) {
        database.sql().sql("""
                        INSERT INTO analytics_pipeline_history (org_id, source_id, source_name, pipeline_id, status, timestamp)
                        SELECT ?::uuid, 's', 'S', gen_random_uuid(), 'completed', now() FROM generate_series(1, ?)
                        """).params(organization, count).update();
    }

    private static long countRuns(Database database) {
        return database.sql()
                .sql("SELECT count(*) FROM analytics_pipeline_history")
                .query(Long.class)
                .single();
    }

    /** With an authorizer, and the same after each start. */
    private static final class Broker {

        private final Path folder;
        private final int port = Ports.free();
        private LocalBroker running;

        Broker(Path folder) throws IOException {
            this.folder = folder;
            this.running = launch();
        }

        String address() {
            return "127.0.0.1:" + port;
        }

        void startAgain() throws IOException {
            running = launch();
        }

        private LocalBroker launch() throws IOException {
            return LocalBroker.start(
                    folder,
                    port,
                    Map.of(
                            "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                            "allow.everyone.if.no.acl.found", "true"));
        }

        void close() {
            running.close();
        }

        /** Topics of which nobody may ask the settings, and a dead letter of that organization. */
        void prepare(UUID organization) throws Exception {
            try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", address()))) {
                List<NewTopic> topics = new ArrayList<>();
                for (String feed : List.of("pipeline-runs", "insights", "visualizations")) {
                    topics.add(new NewTopic(TOPICS + feed, 1, (short) 1));
                    topics.add(new NewTopic(TOPICS + feed + ".dlt", 1, (short) 1));
                }
                admin.createTopics(topics).all().get(30, TimeUnit.SECONDS);
                ResourcePattern ours = new ResourcePattern(ResourceType.TOPIC, TOPICS, PatternType.PREFIXED);
                admin.createAcls(List.of(
                                acl(ours, AclOperation.ALL, AclPermissionType.ALLOW),
                                acl(ours, AclOperation.DESCRIBE_CONFIGS, AclPermissionType.DENY)))
                        .all()
                        .get(30, TimeUnit.SECONDS);
            }
            try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                    Map.of("bootstrap.servers", address()), new ByteArraySerializer(), new ByteArraySerializer())) {
                producer.send(new ProducerRecord<>(TOPICS + "pipeline-runs.dlt", Events.key(organization), new byte[1]))
                        .get(30, TimeUnit.SECONDS);
            }
        }

        private static AclBinding acl(ResourcePattern topics, AclOperation operation, AclPermissionType permission) {
            return new AclBinding(topics, new AccessControlEntry("User:ANONYMOUS", "*", operation, permission));
        }
    }
}

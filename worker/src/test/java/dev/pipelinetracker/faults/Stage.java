package dev.pipelinetracker.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.database.Migrations;
import dev.pipelinetracker.support.RealRegistry;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.common.GroupState;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What a class of fault tests plays on: a database and topics of its own on the fault tests' server and broker, proxies in
 * front of database and registry, the ledger, and the workers. Time-outs are shorter than the worker's defaults, in the
 * same order: statement before socket before max.poll.interval.
 */
final class Stage implements AutoCloseable {

    /** Long enough for whatever must happen at all. */
    static final Duration LIMIT = Duration.ofSeconds(60);

    /** Within this a worker must be back at work after the database is: the promise. */
    static final Duration BACK_AT_WORK = Duration.ofSeconds(5);

    /** The worker's statement_timeout here. */
    static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(2);

    private static final String TEMPLATE = "migrated";
    private static final String ROLE = "tracker_worker";

    private final int partitions;
    private final String prefix;
    private final String databaseName;
    private final TcpProxy databaseProxy = new TcpProxy(postgres().port());
    private final TcpProxy registryProxy =
            new TcpProxy(URI.create(RealRegistry.url()).getPort());
    private final Ledger ledger;
    private final DurabilityWatch watch;
    private final Injections injections;
    private final List<WorkerProcess> workers = new ArrayList<>();
    private final List<UUID> organizations = new ArrayList<>();
    private int nextKey;

    /** One server and one broker for all stages of this JVM. */
    private static final class Shared {
        static final FaultyPostgres POSTGRES = FaultyPostgres.start();
        static final FaultyBroker BROKER = FaultyBroker.start();

        static {
            // a line for every batch that has to wait for the broker, which is stopped on purpose
            ((ch.qos.logback.classic.Logger) LoggerFactory.getLogger("org.apache.kafka.clients"))
                    .setLevel(ch.qos.logback.classic.Level.ERROR);
            makeTemplate();
        }

        private static void makeTemplate() {
            POSTGRES.sql("postgres")
                    .sql("CREATE ROLE " + ROLE + " LOGIN PASSWORD 'not-a-secret'")
                    .update();
            POSTGRES.sql("postgres").sql("CREATE DATABASE " + TEMPLATE).update();
            new Migrations(POSTGRES.dataSource(TEMPLATE)).migrate();
            JdbcClient template = POSTGRES.sql(TEMPLATE);
            // no more than an operator would give
            template.sql("""
                    GRANT USAGE ON SCHEMA tracker TO tracker_worker;
                    GRANT SELECT ON ALL TABLES IN SCHEMA tracker TO tracker_worker;
                    GRANT INSERT ON tracker.offset_gaps TO tracker_worker;
                    GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO tracker_worker;
                    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO tracker_worker;
                    """).update();
            Injections.install(template);
        }
    }

    private Stage(String name, int partitions) {
        this.partitions = partitions;
        prefix = name + ".";
        databaseName = name;
        // a database is copied only while nobody is connected to the original
        postgres()
                .sql("postgres")
                .sql("CREATE DATABASE %s TEMPLATE %s".formatted(databaseName, TEMPLATE))
                .update();
        JdbcClient database = database();
        for (int i = 0; i < 4; i++) {
            UUID organization = new UUID(0xfa017L, i + 1);
            database.sql("INSERT INTO organizations (id, name, slug) VALUES (?, ?, ?)")
                    .params(organization, "Organization " + i, "organization-" + i)
                    .update();
            organizations.add(organization);
        }
        List<NewTopic> topics = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            topics.add(new NewTopic(prefix + kind.feed(), partitions, (short) 1));
            topics.add(new NewTopic(prefix + kind.feed() + ".dlt", 1, (short) 1));
        }
        FaultyBroker.done(broker().admin().createTopics(topics).all());
        ledger = new Ledger(broker(), database, prefix);
        watch = new DurabilityWatch(ledger, Duration.ofMillis(500));
        injections = new Injections(database);
    }

    /** A new one with two partitions per feed; the name is used once, letters only. */
    static Stage open(String name) {
        return open(name, 2);
    }

    /** As {@link #open(String)}, with so many partitions per feed. */
    static Stage open(String name, int partitions) {
        return new Stage(name, partitions);
    }

    static FaultyPostgres postgres() {
        return Shared.POSTGRES;
    }

    static FaultyBroker broker() {
        return Shared.BROKER;
    }

    /** Between the workers and the database. */
    TcpProxy databaseProxy() {
        return databaseProxy;
    }

    /** Between the workers and the registry. */
    TcpProxy registryProxy() {
        return registryProxy;
    }

    Ledger ledger() {
        return ledger;
    }

    Injections injections() {
        return injections;
    }

    String databaseName() {
        return databaseName;
    }

    /** As superuser and past the proxy. */
    JdbcClient database() {
        return postgres().sql(databaseName);
    }

    /** Four that exist. */
    UUID organization(int number) {
        return organizations.get(number % organizations.size());
    }

    /** The first of so many keys that no test has used yet. */
    int keys(int count) {
        int first = nextKey;
        nextKey += count;
        return first;
    }

    /** Publishes one event of each of so many new keys, at version 0, to all organizations in turn. */
    int publish(Kind kind, int count) {
        int first = keys(count);
        for (int key = first; key < first + count; key++) {
            ledger.good(kind, organization(key), key, 0);
        }
        ledger.flush();
        return first;
    }

    /** Starts a worker; properties override the stage's. */
    WorkerProcess startWorker(Map<String, String> properties) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("spring.kafka.bootstrap-servers", broker().bootstrapServers());
        all.put("spring.datasource.url", jdbcUrl(databaseProxy.port()));
        all.put("spring.datasource.username", ROLE);
        all.put("spring.datasource.password", "not-a-secret");
        all.put("tracker.registry.url", "http://127.0.0.1:" + registryProxy.port());
        for (Kind kind : Kind.values()) {
            all.put("tracker.feeds." + kind.feed() + ".topic", ledger.topic(kind));
        }
        all.put("tracker.lag-interval", "200ms");
        all.put("tracker.gauges-interval", "1s");
        all.put("spring.datasource.hikari.data-source-properties.connectTimeout", "2");
        all.put("spring.datasource.hikari.data-source-properties.socketTimeout", "4");
        all.put(
                "spring.datasource.hikari.connection-init-sql",
                "SET TIME ZONE 'UTC'; SET statement_timeout = '" + STATEMENT_TIMEOUT.toSeconds()
                        + "s'; SET enable_seqscan = off");
        all.put("spring.kafka.consumer.properties.session.timeout.ms", "6000");
        all.put("spring.kafka.consumer.properties.heartbeat.interval.ms", "1000");
        all.put("spring.kafka.consumer.properties.max.poll.interval.ms", "10000");
        all.put("spring.kafka.producer.properties.delivery.timeout.ms", "4000");
        all.put("spring.kafka.producer.properties.request.timeout.ms", "2000");
        all.put("spring.kafka.producer.properties.max.block.ms", "2000");
        all.putAll(properties);
        WorkerProcess worker = WorkerProcess.start(prefix, all);
        workers.add(worker);
        return worker.awaitListening();
    }

    WorkerProcess startWorker() {
        return startWorker(Map.of());
    }

    /** The database, by way of that port. */
    String jdbcUrl(int port) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + databaseName;
    }

    /** The ids of the members of a feed's group: whoever leaves and comes back has another. */
    Set<String> members(Kind kind) {
        Set<String> ids = new TreeSet<>();
        FaultyBroker.done(broker().admin()
                        .describeConsumerGroups(List.of(kind.group()))
                        .all())
                .values()
                .forEach(group -> group.members().forEach(member -> ids.add(member.consumerId())));
        return ids;
    }

    private @Nullable ConsumerGroupDescription group(Kind kind) {
        return FaultyBroker.done(broker().admin()
                        .describeConsumerGroups(List.of(kind.group()))
                        .all())
                .get(kind.group());
    }

    /** Whether a feed's group has so many members, and shared its partitions among them. */
    boolean isSettledAmong(Kind kind, int members) {
        ConsumerGroupDescription group = group(kind);
        return group != null
                && group.groupState() == GroupState.STABLE
                && group.members().size() == members
                && group.members().stream()
                                .mapToInt(member ->
                                        member.assignment().topicPartitions().size())
                                .sum()
                        == partitions;
    }

    /** Whether every member of a feed's group has so many partitions, and all are assigned. */
    boolean isEachMembersShare(Kind kind, int partitions) {
        ConsumerGroupDescription group = group(kind);
        return group != null
                && group.groupState() == GroupState.STABLE
                && group.members().stream()
                        .allMatch(
                                member -> member.assignment().topicPartitions().size() == partitions);
    }

    /** Takes all members out of the groups, whoever they are; those that live join again. */
    void expelMembers() {
        for (Kind kind : Kind.values()) {
            try {
                broker().admin()
                        .removeMembersFromConsumerGroup(kind.group(), new RemoveMembersFromConsumerGroupOptions())
                        .all()
                        .get(10, TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException e) {
                // nobody was left
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Waits until every event is committed, then holds the account; nothing may have been ahead at any time. */
    Account settle() {
        Account account = ledger.settle(LIMIT);
        // the watch may not have come to it while the world was at fault
        ledger.checkNeverAhead();
        watch.verify();
        return account;
    }

    /** Throws if any offset was ahead of what is durable, at any time so far. */
    void verify() {
        watch.verify();
    }

    /** How often the watch could look. */
    int looks() {
        return watch.looks();
    }

    @Override
    public void close() {
        watch.close();
        workers.forEach(WorkerProcess::kill);
        databaseProxy.close();
        registryProxy.close();
        ledger.close();
        // the killed are members until their sessions end; the next stage's workers would wait for that
        expelMembers();
        watch.verify();
        assertThat(workers.stream().filter(WorkerProcess::isAlive)).isEmpty();
    }
}

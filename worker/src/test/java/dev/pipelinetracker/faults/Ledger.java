package dev.pipelinetracker.faults;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The one oracle: publishes, remembers what it published, and accounts for it. Every event is in a row (itself or a newer
 * one of its key) or, if it is bad, in the dead-letter topic with its reason; rows equal a plain model of the newest per
 * key; no row went back; no offset was committed before what it stands for was durable. Safe for several threads.
 */
final class Ledger implements AutoCloseable {

    /** A published event: good if there is no reason to reject it. */
    private record Entry(
            UUID organization,
            int key,
            int version,
            @Nullable String reason) {}

    /** What identifies a row of these tests in each table. */
    record RowKey(UUID organization, String source) {}

    private final FaultyBroker broker;
    private final JdbcClient database;
    private final String prefix;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Map<Kind, Map<Integer, ConcurrentSkipListMap<Long, Entry>>> published = new EnumMap<>(Kind.class);
    private final Set<Throwable> unsent = ConcurrentHashMap.newKeySet();
    private final AtomicLong produced = new AtomicLong();
    private final List<ConsumerRecord<byte[], byte[]>> deletedLetters = new ArrayList<>();
    private final Map<TopicPartition, Long> checkedUpTo = new HashMap<>();

    Ledger(FaultyBroker broker, JdbcClient database, String prefix) {
        this.broker = broker;
        this.database = database;
        this.prefix = prefix;
        this.producer = new KafkaProducer<>(
                Map.<String, Object>of(
                        "bootstrap.servers", broker.bootstrapServers(),
                        "acks", "all",
                        "linger.ms", "5",
                        "reconnect.backoff.max.ms", "200",
                        // longer than a broker of these tests is ever away
                        "delivery.timeout.ms", "180000",
                        "max.block.ms", "120000",
                        "max.request.size", "30000000"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        for (Kind kind : Kind.values()) {
            published.put(kind, new ConcurrentHashMap<>());
        }
    }

    String topic(Kind kind) {
        return prefix + kind.feed();
    }

    private Map<Integer, ConcurrentSkipListMap<Long, Entry>> byPartition(Kind kind) {
        return Objects.requireNonNull(published.get(kind));
    }

    /** Publishes a good event. */
    void good(Kind kind, UUID organization, int key, int version) {
        good(kind, null, organization, key, version);
    }

    /** As {@link #good(Kind, UUID, int, int)}, to a partition that the publisher chooses. */
    void good(Kind kind, @Nullable Integer partition, UUID organization, int key, int version) {
        send(
                new ProducerRecord<>(
                        topic(kind),
                        partition,
                        Wire.key(organization),
                        Wire.bytes(kind.event(organization, key, version))),
                kind,
                new Entry(organization, key, version, null));
    }

    /** As {@link #good(Kind, UUID, int, int)}, for an event that was encoded before. */
    void good(Kind kind, UUID organization, int key, int version, byte[] value) {
        send(
                new ProducerRecord<>(topic(kind), Wire.key(organization), value),
                kind,
                new Entry(organization, key, version, null));
    }

    /** Publishes a record that must be rejected for that reason. */
    void bad(Kind kind, byte @Nullable [] key, byte @Nullable [] value, String reason) {
        send(new ProducerRecord<>(topic(kind), key, value), kind, new Entry(new UUID(0, 0), 0, 0, reason));
    }

    /** Publishes a record that the account knows nothing of: what becomes of it is the caller's business. */
    void sendUncounted(Kind kind, byte[] key, byte[] value) {
        checkSent();
        var unused = producer.send(new ProducerRecord<>(topic(kind), key, value), (place, failure) -> {
            if (failure != null) {
                unsent.add(failure);
            }
        });
    }

    private void send(ProducerRecord<byte[], byte[]> published, Kind kind, Entry entry) {
        checkSent();
        produced.incrementAndGet();
        var unused = producer.send(published, (place, failure) -> {
            if (failure == null) {
                byPartition(kind)
                        .computeIfAbsent(place.partition(), partition -> new ConcurrentSkipListMap<>())
                        .put(place.offset(), entry);
            } else {
                unsent.add(failure);
            }
        });
    }

    /** Returns once the broker has all. */
    void flush() {
        producer.flush();
        checkSent();
    }

    private void checkSent() {
        // at once: waiting for a dead broker record by record takes hours
        if (!unsent.isEmpty()) {
            throw new AssertionError(
                    "the test's own publisher failed; the broker " + (broker.isRunning() ? "runs" : "does not run"),
                    unsent.iterator().next());
        }
    }

    long produced() {
        return produced.get();
    }

    /** How many of a feed's events the broker has. */
    long published(Kind kind) {
        return byPartition(kind).values().stream()
                .mapToLong(entries -> entries.isEmpty() ? 0 : entries.lastKey() + 1)
                .sum();
    }

    /** The committed offsets of a feed's group, by partition. */
    Map<Integer, Long> committed(Kind kind) {
        Map<Integer, Long> committed = new TreeMap<>();
        FaultyBroker.done(broker.admin().listConsumerGroupOffsets(kind.group()).partitionsToOffsetAndMetadata())
                .forEach((partition, offset) -> {
                    if (offset != null && partition.topic().equals(topic(kind))) {
                        committed.put(partition.partition(), offset.offset());
                    }
                });
        return committed;
    }

    /** Whether every published event's offset is committed. */
    boolean isCommitted() {
        producer.flush();
        for (Kind kind : Kind.values()) {
            Map<Integer, ConcurrentSkipListMap<Long, Entry>> partitions = byPartition(kind);
            if (partitions.isEmpty()) {
                continue;
            }
            Map<Integer, Long> committed = committed(kind);
            for (var partition : partitions.entrySet()) {
                if (committed.getOrDefault(partition.getKey(), 0L)
                        <= partition.getValue().lastKey()) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Waits until all is committed, then holds the account, which must be in order. */
    Account settle(Duration limit) {
        awaitCommitted(limit);
        Account account = account();
        assertThat(account.complaints()).isEmpty();
        return account;
    }

    /** Waits until all is committed. */
    void awaitCommitted(Duration limit) {
        flush();
        await("all offsets committed")
                .atMost(limit)
                .pollInterval(Duration.ofMillis(200))
                .ignoreExceptions()
                .until(this::isCommitted);
    }

    /**
     * Checks that what is committed since the last call is durable. Throws AssertionError if it is not, and whatever the
     * clients throw while broker or database are away.
     */
    synchronized void checkNeverAhead() {
        for (Kind kind : Kind.values()) {
            Map<Integer, Long> committed = committed(kind);
            Map<TopicPartition, Long> upTo = new HashMap<>();
            Map<RowKey, Integer> least = new HashMap<>();
            Set<String> lettersWanted = new HashSet<>();
            committed.forEach((partition, offset) -> {
                TopicPartition place = new TopicPartition(topic(kind), partition);
                upTo.put(place, offset);
                Map<Long, Entry> entries = byPartition(kind).get(partition);
                if (entries instanceof ConcurrentSkipListMap<Long, Entry> ordered) {
                    long from = checkedUpTo.getOrDefault(place, 0L);
                    ordered.subMap(Math.min(from, offset), offset).forEach((at, entry) -> {
                        if (entry.reason() == null) {
                            least.merge(
                                    new RowKey(entry.organization(), Kind.source(entry.key())),
                                    entry.version(),
                                    Math::max);
                        } else {
                            lettersWanted.add(partition + "@" + at);
                        }
                    });
                }
            });
            if (!least.isEmpty()) {
                Map<RowKey, Integer> rows = rows(kind, least.keySet());
                least.forEach((key, version) -> assertThat(rows.getOrDefault(key, -1))
                        .as("%s %s is committed at version %d but its row is older", kind, key, version)
                        .isGreaterThanOrEqualTo(version));
            }
            if (!lettersWanted.isEmpty()) {
                assertThat(deadLetters(kind).keySet())
                        .as("dead letters of committed offsets")
                        .containsAll(lettersWanted);
            }
            checkedUpTo.putAll(upTo);
        }
    }

    /** Compares tables and dead letters with what was published. */
    Account account() {
        Account account = new Account(produced.get());
        for (Kind kind : Kind.values()) {
            Map<RowKey, Integer> model = new HashMap<>();
            Map<String, String> wanted = new TreeMap<>();
            byPartition(kind)
                    .forEach((partition, entries) -> entries.forEach((offset, entry) -> {
                        if (entry.reason() == null) {
                            model.merge(
                                    new RowKey(entry.organization(), Kind.source(entry.key())),
                                    entry.version(),
                                    Math::max);
                        } else {
                            wanted.put(partition + "@" + offset, entry.reason());
                        }
                    }));
            account.rows(kind, rows(kind, null), model);
            account.deadLetters(kind, deadLetters(kind), wanted);
            account.mixtures(
                    kind,
                    database.sql("SELECT r.source_id FROM %s r WHERE NOT (%s)".formatted(kind.table(), kind.sqlWhole()))
                            .query(String.class)
                            .list());
        }
        account.wentBack(database.sql("SELECT row_table || ' ' || key FROM faults.went_back")
                .query(String.class)
                .list());
        return account;
    }

    /** The versions of the rows; of all, or of these keys. */
    private Map<RowKey, Integer> rows(Kind kind, @Nullable Set<RowKey> keys) {
        String sql = "SELECT r.org_id, r.source_id, %s AS version FROM %s r".formatted(kind.sqlVersion(), kind.table());
        JdbcClient.StatementSpec query = keys == null
                ? database.sql(sql)
                : database.sql(sql + " WHERE r.source_id = ANY(?)")
                        .param(keys.stream().map(RowKey::source).distinct().toArray(String[]::new));
        Map<RowKey, Integer> rows = new HashMap<>();
        query.query((row, number) -> {
                    rows.put(
                            new RowKey(row.getObject("org_id", UUID.class), row.getString("source_id")),
                            row.getInt("version"));
                    return number;
                })
                .list();
        return rows;
    }

    /** Reasons by partition@offset of the rejected record; more than one if it was sent more than once. */
    synchronized Map<String, List<String>> deadLetters(Kind kind) {
        Map<String, List<String>> letters = new TreeMap<>();
        Stream.concat(deletedLetters.stream(), readAll(deadLetterTopic(kind)).stream())
                .filter(letter -> letter.topic().equals(deadLetterTopic(kind)))
                .forEach(letter -> letters.computeIfAbsent(
                                header(letter, "tracker-partition") + "@" + header(letter, "tracker-offset"),
                                place -> new ArrayList<>())
                        .add(header(letter, "tracker-reason")));
        return letters;
    }

    String deadLetterTopic(Kind kind) {
        return topic(kind) + ".dlt";
    }

    /** Deletes a dead-letter topic; its letters are not forgotten. */
    synchronized void deleteDeadLetterTopic(Kind kind) {
        // nobody may add one between the reading and the deletion
        broker.limitRecords(deadLetterTopic(kind), 1);
        deletedLetters.addAll(readAll(deadLetterTopic(kind)));
        FaultyBroker.done(
                broker.admin().deleteTopics(List.of(deadLetterTopic(kind))).all());
    }

    /** Makes a dead-letter topic. */
    void createDeadLetterTopic(Kind kind) {
        // said, because a broker that restarts may remember what the deleted topic of that name was limited to
        NewTopic topic = new NewTopic(deadLetterTopic(kind), 1, (short) 1)
                .configs(Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(FaultyBroker.LARGEST_RECORD)));
        FaultyBroker.done(broker.admin().createTopics(List.of(topic)).all());
    }

    private List<ConsumerRecord<byte[], byte[]>> readAll(String topic) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", broker.bootstrapServers(),
                "max.partition.fetch.bytes", "30000000",
                "allow.auto.create.topics", "false");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            var infos = consumer.partitionsFor(topic, Duration.ofSeconds(10));
            if (infos == null) {
                return List.of();
            }
            List<TopicPartition> partitions = infos.stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
            return records;
        }
    }

    private static String header(ConsumerRecord<byte[], byte[]> letter, String name) {
        return new String(letter.headers().lastHeader(name).value(), UTF_8);
    }

    @Override
    public void close() {
        producer.close(Duration.ZERO);
    }
}

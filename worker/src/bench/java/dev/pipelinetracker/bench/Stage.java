package dev.pipelinetracker.bench;

import dev.pipelinetracker.database.Migrations;
import dev.pipelinetracker.faults.FaultyBroker;
import dev.pipelinetracker.faults.FaultyPostgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The broker and the PostgreSQL that all peers share, each in processes of its own, and what the harness does with them. */
final class Stage implements AutoCloseable {

    /** Where the events go. */
    static final String DATABASE = "bench";

    /** Lines of postgresql.conf that differ from the defaults. */
    static final List<String> POSTGRES_SETTINGS = List.of(
            "shared_buffers = 2GB",
            "max_wal_size = 16GB",
            "checkpoint_timeout = 30min",
            // vacuumed between the rounds instead, so that each has the same
            "autovacuum = off",
            "track_commit_timestamp = on");

    private static final Duration TOPIC_LIMIT = Duration.ofSeconds(30);

    private final FaultyBroker broker = FaultyBroker.start(List.of("-Xmx1g", "-Xms1g"));
    private final FaultyPostgres postgres = FaultyPostgres.start(POSTGRES_SETTINGS);
    private final Admin admin;
    private final KafkaProducer<byte[], byte[]> producer;
    private final AtomicReference<@Nullable Exception> notSent = new AtomicReference<>();

    Stage(List<UUID> organizations) {
        postgres.sql("postgres").sql("CREATE DATABASE " + DATABASE).update();
        new Migrations(postgres.dataSource(DATABASE)).migrate();
        try (Connection connection = connection();
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO organizations (id, name, slug) VALUES (?, 'Bench', ?)")) {
            for (UUID id : organizations) {
                insert.setObject(1, id);
                insert.setString(2, id.toString());
                insert.addBatch();
            }
            insert.executeBatch();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        this.admin = broker.admin();
        Map<String, Object> settings = new HashMap<>();
        settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers());
        settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 65_536);
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 128L << 20);
        this.producer = new KafkaProducer<>(settings);
    }

    String bootstrapServers() {
        return broker.bootstrapServers();
    }

    String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + postgres.port() + "/" + DATABASE;
    }

    /** A connection of the superuser, the caller's to close. */
    Connection connection() {
        return postgres.connection(DATABASE);
    }

    DataSource dataSource() {
        return postgres.dataSource(DATABASE);
    }

    JdbcClient sql() {
        return postgres.sql(DATABASE);
    }

    /** Any statements, separated by semicolons. */
    void execute(String statements) {
        try (Connection connection = connection();
                Statement statement = connection.createStatement()) {
            statement.execute(statements);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    Admin admin() {
        return admin;
    }

    double postgresCpuSeconds() {
        return ProcessUse.cpuSeconds(postgres.pid());
    }

    double brokerCpuSeconds() {
        return ProcessUse.cpuSeconds(broker.pid());
    }

    /** Bytes of WAL that the server ever wrote. */
    long walBytes() {
        return sql().sql("SELECT pg_current_wal_insert_lsn() - '0/0'")
                .query(Long.class)
                .single();
    }

    /** The last id that a table's sequence gave out. */
    long lastId(String table) {
        return sql().sql("SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(?, 'id')::regclass), 0)")
                .param(table)
                .query(Long.class)
                .single();
    }

    /** Returns once each partition answers: a producer that comes before may lose count of its sequence numbers, for good. */
    void createTopic(String name) {
        FaultyBroker.done(admin.createTopics(List.of(new NewTopic(name, Backlogs.PARTITIONS, (short) 1)))
                .all());
        long deadline = System.nanoTime() + TOPIC_LIMIT.toNanos();
        while (true) {
            try {
                end(name);
                return;
            } catch (IllegalStateException unknownYet) {
                if (System.nanoTime() > deadline) {
                    throw unknownYet;
                }
                LockSupport.parkNanos(100_000_000);
            }
        }
    }

    void deleteTopic(String name) {
        FaultyBroker.done(admin.deleteTopics(List.of(name)).all());
    }

    /** Sends all, the partitions in turn, and returns once the broker has them. */
    void send(Backlog backlog, String topic) {
        int longest = backlog.partitions().stream().mapToInt(List::size).max().orElse(0);
        for (int i = 0; i < longest; i++) {
            for (int p = 0; p < backlog.partitions().size(); p++) {
                List<Backlog.Message> messages = backlog.partitions().get(p);
                if (i < messages.size()) {
                    send(topic, p, messages.get(i));
                }
            }
        }
        flush();
    }

    /** Returns once the broker has all that was sent. */
    void flush() {
        producer.flush();
        Exception first = notSent.get();
        if (first != null) {
            throw new IllegalStateException("not sent", first);
        }
    }

    /** Sends one, and does not wait. */
    void send(String topic, int partition, Backlog.Message message) {
        Future<RecordMetadata> unusedBecauseTheCallbackTells = producer.send(
                new ProducerRecord<>(topic, partition, message.key(), message.value()), (place, failure) -> {
                    if (failure != null) {
                        notSent.compareAndSet(null, failure);
                    }
                });
    }

    /** Sum of the ends of a topic's partitions. */
    long end(String topic) {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        for (int p = 0; p < Backlogs.PARTITIONS; p++) {
            asked.put(new TopicPartition(topic, p), OffsetSpec.latest());
        }
        return FaultyBroker.done(admin.listOffsets(asked).all()).values().stream()
                .mapToLong(end -> end.offset())
                .sum();
    }

    /** Sum of the offsets that a group has committed. */
    long committed(String group, String topic) {
        return FaultyBroker.done(admin.listConsumerGroupOffsets(Map.of(group, new ListConsumerGroupOffsetsSpec()))
                        .partitionsToOffsetAndMetadata(group))
                .entrySet()
                .stream()
                .filter(offset -> offset.getKey().topic().equals(topic) && offset.getValue() != null)
                .mapToLong(offset -> offset.getValue().offset())
                .sum();
    }

    @Override
    public void close() {
        producer.close();
        admin.close();
    }
}

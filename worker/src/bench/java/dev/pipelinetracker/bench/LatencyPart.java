package dev.pipelinetracker.bench;

import dev.pipelinetracker.bench.Backlog.Message;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * From the call that sends an event to the commit of its row, by PostgreSQL's own commit timestamps, at half of what the raw
 * statement reached; beside the commit of single rows, and the wait for a record in a consumer that does nothing with it.
 */
final class LatencyPart implements Part {

    private static final String PART = "latency";
    private static final String TOPIC = "bench.latency";
    private static final int RATE_IF_NOT_MEASURED = 20_000;
    private static final int SINGLE_ROWS = 2_000;
    private static final Duration WARM_UP = Duration.ofSeconds(12);

    @Override
    public void run(Context context) {
        Stage stage = context.stage();
        Report report = context.report();
        double rate = Goals.ceiling(report, "runs").orElse(2 * RATE_IF_NOT_MEASURED) / 2;
        stage.sql().sql("TRUNCATE analytics_pipeline_history").update();
        stage.createTopic(TOPIC);
        report.add(PART, "events sent per second", rate, "1/s");

        percentiles(report, "commit of a single row, idle", singleRows(context, SINGLE_ROWS, Duration.ZERO));
        Duration length = Duration.ofSeconds(context.scale().latencySeconds());
        percentiles(report, "append to poll, no database", appendToPoll(context, rate, length.dividedBy(3)));

        stage.deleteTopic(TOPIC);
        String topic = TOPIC + ".worker";
        stage.createTopic(topic);
        try (WorkerPeer worker = new WorkerPeer(stage, "pipeline-runs", topic, List.of(DrainPart.HEAP), List.of())) {
            new Drain(stage)
                    .warmUp(worker, context.backlogs().runs(context.scale().warmUpEvents()));
            load(context, topic, rate, WARM_UP);
            Instant from = Instant.now();
            List<Double> beside = new ArrayList<>();
            Thread single = new Thread(
                    () -> beside.addAll(singleRows(context, (int) length.toMillis() / 20, Duration.ofMillis(10))));
            single.start();
            load(context, topic, rate, length);
            Instant to = Instant.now();
            single.join();
            awaitRows(stage, worker, topic);
            percentiles(report, "commit of a single row, beside the load", beside);
            committed(stage, report, "append to commit", from, to);
            lone(context, topic);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        } finally {
            stage.deleteTopic(topic);
        }
    }

    private static void lone(Context context, String topic) {
        Instant from = Instant.now();
        for (int i = 0; i < context.scale().loneEvents(); i++) {
            // longer than any poll, and never in its rhythm
            LockSupport.parkNanos(Duration.ofMillis(700 + 37L * (i % 10)).toNanos());
            context.stage()
                    .send(topic, i % Backlogs.PARTITIONS, context.backlogs().run(i % 12, Instant.now()));
        }
        LockSupport.parkNanos(Duration.ofSeconds(2).toNanos());
        committed(context.stage(), context.report(), "append to commit, a lone event", from, Instant.now());
    }

    /** Sends at a steady rate, each event's timestamp the moment of its own sending. */
    private static void load(Context context, String topic, double rate, Duration length) {
        long start = System.nanoTime();
        long sent = 0;
        while (System.nanoTime() - start < length.toNanos()) {
            long due = (long) ((System.nanoTime() - start) / 1e9 * rate);
            for (; sent < due; sent++) {
                int partition = (int) (sent % Backlogs.PARTITIONS);
                Message message = context.backlogs().run(partition, Instant.now());
                context.stage().send(topic, partition, message);
            }
            LockSupport.parkNanos(500_000);
        }
        context.stage().flush();
    }

    private static void awaitRows(Stage stage, Peer peer, String topic) {
        while (stage.committed(peer.group(), topic) < stage.end(topic)) {
            LockSupport.parkNanos(50_000_000);
        }
    }

    private static void committed(Stage stage, Report report, String what, Instant from, Instant to) {
        List<Double> millis = stage.sql()
                .sql("""
                        SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - "timestamp" AT TIME ZONE 'UTC') * 1000
                        FROM analytics_pipeline_history
                        WHERE "timestamp" BETWEEN ? AND ? AND source_name <> 'single'
                        """)
                .param(LocalDateTime.ofInstant(from, ZoneOffset.UTC))
                .param(LocalDateTime.ofInstant(to, ZoneOffset.UTC))
                .query(Double.class)
                .list();
        percentiles(report, what, millis);
    }

    private static List<Double> singleRows(Context context, int rows, Duration pause) {
        List<Double> millis = new ArrayList<>();
        UUID organization = context.backlogs().organizations().get(0);
        try (Connection connection = context.stage().connection();
                PreparedStatement insert = connection.prepareStatement("""
                        INSERT INTO analytics_pipeline_history (org_id, pipeline_id, source_id, source_name, status, timestamp)
                        VALUES (?, ?, 'single', 'single', 'completed', localtimestamp)
                        """)) {
            for (int i = 0; i < rows; i++) {
                insert.setObject(1, organization);
                insert.setObject(2, UUID.randomUUID());
                long start = System.nanoTime();
                insert.executeUpdate();
                millis.add((System.nanoTime() - start) / 1e6);
                LockSupport.parkNanos(pause.toNanos());
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return millis;
    }

    private static List<Double> appendToPoll(Context context, double rate, Duration length) {
        List<Double> millis = new ArrayList<>();
        Map<String, Object> settings = new HashMap<>();
        settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, context.stage().bootstrapServers());
        settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        AtomicBoolean ended = new AtomicBoolean();
        Thread poller = new Thread(() -> {
            try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings)) {
                List<TopicPartition> partitions = new ArrayList<>();
                for (int p = 0; p < Backlogs.PARTITIONS; p++) {
                    partitions.add(new TopicPartition(TOPIC, p));
                }
                consumer.assign(partitions);
                consumer.seekToEnd(partitions);
                long warm = System.currentTimeMillis() + length.toMillis() / 3;
                while (!ended.get()) {
                    consumer.poll(Duration.ofMillis(20)).forEach(polled -> {
                        long now = System.currentTimeMillis();
                        if (now > warm) {
                            millis.add((double) (now - polled.timestamp()));
                        }
                    });
                }
            }
        });
        poller.start();
        load(context, TOPIC, rate, length);
        ended.set(true);
        try {
            poller.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return millis;
    }

    private static void percentiles(Report report, String what, List<Double> millis) {
        double[] sorted =
                millis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        report.add(PART, what + ", p50", sorted[sorted.length / 2], "ms");
        report.add(PART, what + ", p99", sorted[(int) (sorted.length * 0.99)], "ms");
        report.add(PART, what + ", max", sorted[sorted.length - 1], "ms");
    }
}

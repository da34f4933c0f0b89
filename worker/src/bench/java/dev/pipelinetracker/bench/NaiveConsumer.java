package dev.pipelinetracker.bench;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.wire.EventDecoder;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import dev.pipelinetracker.wire.UnreadableEventException;
import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What one writes first: poll, decode, one statement per record. It checks no rule and rejects nothing. */
final class NaiveConsumer {

    /** Its group is this and the topic. */
    static final String GROUP_PREFIX = "bench.naive.";

    private static final String RUN = """
            INSERT INTO analytics_pipeline_history AS stored
                   (org_id, pipeline_id, source_id, source_name, status, records_processed, duration_seconds,
                    error_message, run_type, "timestamp")
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (org_id, pipeline_id, source_id) DO UPDATE
            SET source_name = excluded.source_name, status = excluded.status,
                records_processed = excluded.records_processed, duration_seconds = excluded.duration_seconds,
                error_message = excluded.error_message, run_type = excluded.run_type, "timestamp" = excluded."timestamp"
            WHERE excluded."timestamp" > stored."timestamp"
            """;
    private static final String CHART = """
            INSERT INTO analytics_visualizations AS stored
                   (source_id, org_id, chart_type, chart_title, x_column, y_column, chart_config, generated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?::jsonb, ?)
            ON CONFLICT (source_id, org_id, chart_type, x_column, y_column) DO UPDATE
            SET chart_title = excluded.chart_title, chart_config = excluded.chart_config,
                generated_at = excluded.generated_at
            WHERE excluded.generated_at > stored.generated_at
            """;

    private NaiveConsumer() {}

    /** Arguments: brokers, JDBC URL, registry, feed, topic, threads. */
    public static void main(String... args) {
        SchemaRegistry registry = new SchemaRegistry(RegistrySettings.at(URI.create(args[2])));
        for (int i = 0; i < Integer.parseInt(args[5]); i++) {
            new Thread(() -> {
                        if (args[3].equals("pipeline-runs")) {
                            consume(args, new EventDecoder<>(PipelineRun.class, registry), RUN, NaiveConsumer::bind);
                        } else {
                            consume(
                                    args,
                                    new EventDecoder<>(Visualization.class, registry),
                                    CHART,
                                    NaiveConsumer::bind);
                        }
                    })
                    .start();
        }
    }

    private interface Binder<E> {
        void bind(PreparedStatement statement, E event) throws SQLException;
    }

    private static <E extends SpecificRecord> void consume(
            String[] args, EventDecoder<E> decoder, String sql, Binder<E> binder) {
        Map<String, Object> settings = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                args[0],
                ConsumerConfig.GROUP_ID_CONFIG,
                GROUP_PREFIX + args[4],
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest",
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                false,
                ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG,
                ByteArrayDeserializer.class,
                ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG,
                ByteArrayDeserializer.class);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings);
                Connection connection = DriverManager.getConnection(args[1], "postgres", "");
                PreparedStatement statement = connection.prepareStatement(sql)) {
            consumer.subscribe(List.of(args[4]));
            while (true) {
                ConsumerRecords<byte[], byte[]> polled = consumer.poll(Duration.ofMillis(200));
                for (ConsumerRecord<byte[], byte[]> consumed : polled) {
                    binder.bind(statement, decoder.decode(consumed.value()));
                    statement.executeUpdate();
                }
                if (!polled.isEmpty()) {
                    consumer.commitSync();
                }
            }
        } catch (SQLException | UnreadableEventException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void bind(PreparedStatement statement, PipelineRun run) throws SQLException {
        statement.setObject(1, run.getOrgId());
        statement.setObject(2, run.getPipelineId());
        statement.setString(3, run.getSourceId());
        statement.setString(4, run.getSourceName());
        statement.setString(5, run.getStatus().name());
        statement.setInt(6, (int) run.getRecordsProcessed());
        statement.setDouble(7, run.getDurationSeconds());
        statement.setString(8, run.getErrorMessage());
        statement.setString(
                9, run.getRunType() == null ? null : run.getRunType().name());
        statement.setObject(10, LocalDateTime.ofInstant(run.getTimestamp(), ZoneOffset.UTC));
    }

    private static void bind(PreparedStatement statement, Visualization chart) throws SQLException {
        statement.setString(1, chart.getSourceId());
        statement.setObject(2, chart.getOrgId());
        statement.setString(3, chart.getChartType());
        statement.setString(4, chart.getChartTitle());
        statement.setString(5, chart.getXColumn());
        statement.setString(6, chart.getYColumn());
        statement.setString(7, chart.getChartConfig());
        statement.setObject(8, LocalDateTime.ofInstant(chart.getGeneratedAt(), ZoneOffset.UTC));
    }
}

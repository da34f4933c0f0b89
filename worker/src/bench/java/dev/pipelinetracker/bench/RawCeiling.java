package dev.pipelinetracker.bench;

import dev.pipelinetracker.bench.Backlog.Message;
import dev.pipelinetracker.engine.Feed;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.wire.EventDecoder;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import dev.pipelinetracker.wire.UnreadableEventException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.avro.specific.SpecificRecord;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.io.ClassPathResource;

/**
 * What PostgreSQL can do with the worker's own statement when nobody has to poll, decode or bind: the arrays of all batches
 * are made before the clock starts, and its answers are read but not understood.
 */
final class RawCeiling implements AutoCloseable {

    private static final int BATCH = 5_000;

    private final Stage stage;
    private final int connections;
    private final List<Connection> open = new ArrayList<>();
    private final ExecutorService threads;

    RawCeiling(Stage stage, int connections) {
        this.stage = stage;
        this.connections = connections;
        this.threads = Executors.newFixedThreadPool(connections);
        try {
            for (int i = 0; i < connections; i++) {
                Connection connection = stage.connection();
                try (Statement statement = connection.createStatement()) {
                    statement.execute(workersSettings());
                }
                open.add(connection);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What the worker's own connections begin with. */
    private static String workersSettings() {
        try {
            return String.valueOf(new YamlPropertySourceLoader()
                    .load("defaults", new ClassPathResource("application.yaml"))
                    .get(0)
                    .getProperty("spring.datasource.hikari.connection-init-sql"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String name() {
        return "raw statement, " + connections + (connections == 1 ? " connection" : " connections");
    }

    /** Into an empty table. */
    Measured first(String load, Feed<?, ?> feed, Backlog backlog, int round) {
        List<List<Array[]>> batches = prepare(feed, backlog);
        stage.execute(Drain.emptied(backlog));
        stage.sql().sql("CHECKPOINT").update();
        long self = ProcessHandle.current().pid();
        double selfBefore = ProcessUse.ownCpuSeconds(self);
        double postgresBefore = stage.postgresCpuSeconds();
        long walBefore = stage.walBytes();
        long start = System.nanoTime();
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            Connection connection = open.get(i);
            List<Array[]> own = batches.get(i);
            running.add(threads.submit(() -> execute(connection, feed.upsert().sql(), own)));
        }
        for (Future<?> thread : running) {
            try {
                thread.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("Interrupted", e);
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        int events = backlog.size();
        Measured measured = new Measured(
                load,
                name(),
                round,
                events,
                seconds,
                (ProcessUse.ownCpuSeconds(self) - selfBefore) * 1e6 / events,
                (stage.postgresCpuSeconds() - postgresBefore) * 1e6 / events,
                0,
                (double) (stage.walBytes() - walBefore) / events,
                BATCH,
                0);
        new Drain(stage).verify(backlog);
        return measured;
    }

    private static void execute(Connection connection, String sql, List<Array[]> batches) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (Array[] batch : batches) {
                for (int i = 0; i < batch.length; i++) {
                    statement.setArray(i + 1, batch[i]);
                }
                try (ResultSet answer = statement.executeQuery()) {
                    while (answer.next()) {
                        // received, and that is all
                    }
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As consumers would: each connection has its partitions, and takes a batch of each in turn. */
    private <E extends SpecificRecord, K extends Comparable<? super K>> List<List<Array[]>> prepare(
            Feed<E, K> feed, Backlog backlog) {
        EventDecoder<E> decoder = new EventDecoder<>(
                feed.eventType(), new SchemaRegistry(RegistrySettings.at(URI.create(RealRegistry.url()))));
        List<List<Array[]>> batches = new ArrayList<>();
        for (int c = 0; c < connections; c++) {
            List<Array[]> own = new ArrayList<>();
            int longest =
                    backlog.partitions().stream().mapToInt(List::size).max().orElse(0);
            for (int from = 0; from < longest; from += BATCH) {
                for (int p = c; p < backlog.partitions().size(); p += connections) {
                    List<Message> messages = backlog.partitions().get(p);
                    if (from < messages.size()) {
                        own.add(arrays(
                                open.get(c),
                                feed,
                                decoder,
                                messages.subList(from, Math.min(messages.size(), from + BATCH))));
                    }
                }
            }
            batches.add(own);
        }
        return batches;
    }

    private static <E extends SpecificRecord, K extends Comparable<? super K>> Array[] arrays(
            Connection connection, Feed<E, K> feed, EventDecoder<E> decoder, List<Message> messages) {
        List<E> events = new ArrayList<>();
        try {
            for (Message message : messages) {
                events.add(decoder.decode(message.value()));
            }
            events.sort(Comparator.comparing(feed::key));
            return feed.upsert().parameters(connection, events);
        } catch (SQLException | UnreadableEventException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        for (Connection connection : open) {
            try {
                connection.close();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}

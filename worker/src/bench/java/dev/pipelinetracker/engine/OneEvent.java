package dev.pipelinetracker.engine;

import dev.pipelinetracker.bench.MicroPart;
import dev.pipelinetracker.engine.LatestPerKey.Candidate;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The worker's own work on an event, each step alone, over a batch: so that a regression has an address. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
public class OneEvent {

    private static final int BATCH = 2_400;

    /** Set by JMH. */
    @Param({"pipeline-runs", "visualizations"})
    public String feed = "";

    private @Nullable Work<?, ?> work;

    /** For JMH. */
    public OneEvent() {}

    /** Makes the batch. */
    @Setup
    public void prepare() {
        work = new Work<>(MicroPart.feed(feed));
    }

    /** Bytes to checked events. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public Object decode() {
        return work().decode();
    }

    /** Checked events to the newest of each key, in key order. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public Object fold() {
        return work().fold();
    }

    /** Those to the statement's encoded arrays. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public Object bind() {
        return work().bind();
    }

    private Work<?, ?> work() {
        return Objects.requireNonNull(work);
    }

    private static final class Work<E extends SpecificRecord, K extends Comparable<? super K>> {

        private final Feed<E, K> feed;
        private final EventReader<E> reader;
        private final Connection connection = MicroPart.connection();
        private final List<ConsumerRecord<byte[], byte[]>> polled;
        private final List<E> events;
        private final List<Candidate<E, K>> rows;

        Work(Feed<E, K> feed) {
            this.feed = feed;
            this.reader = new EventReader<>(feed.eventType(), new SchemaRegistry(MicroPart.registry()));
            this.polled = MicroPart.records(feed.name(), BATCH);
            this.events = decode();
            this.rows = fold();
        }

        List<E> decode() {
            return polled.stream()
                    .map(one -> Objects.requireNonNull(reader.read(one).event()))
                    .toList();
        }

        List<Candidate<E, K>> fold() {
            LatestPerKey<E, K> fold = new LatestPerKey<>(feed.versionOrder());
            for (int i = 0; i < events.size(); i++) {
                fold.offer(i, feed.key(events.get(i)), events.get(i));
            }
            return fold.newest();
        }

        Array[] bind() {
            try {
                return feed.upsert()
                        .parameters(
                                connection, rows.stream().map(Candidate::event).toList());
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}

package dev.pipelinetracker.replay;

import dev.pipelinetracker.engine.Processor;
import dev.pipelinetracker.listen.Listening;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.kafka.core.ConsumerFactory;

/** A feed in an operator's hands: its engine, its topic, and an admin client of its own. */
public final class OpenFeed implements AutoCloseable {

    private static final Duration CLOSE = Duration.ofSeconds(2);
    private static final Duration AGES = Duration.ofSeconds(5);

    private final Processor<?, ?> processor;
    private final String topic;
    private final SchemaRegistry registry;
    private final DataSource database;
    private final ConsumerFactory<byte[], byte[]> consumers;
    private final Admin admin;

    OpenFeed(
            Processor<?, ?> processor,
            String topic,
            SchemaRegistry registry,
            DataSource database,
            ConsumerFactory<byte[], byte[]> consumers,
            Admin admin) {
        this.processor = processor;
        this.topic = topic;
        this.registry = registry;
        this.database = database;
        this.consumers = consumers;
        this.admin = admin;
    }

    /** As {@code --feed} has it. */
    public String name() {
        return processor.feed().name();
    }

    /** Its live topic. */
    public String topic() {
        return topic;
    }

    /** Its engine. */
    public Processor<?, ?> processor() {
        return processor;
    }

    /** Where its schemas are. */
    public SchemaRegistry registry() {
        return registry;
    }

    /** The broker's admin client; not to be closed. */
    public Admin admin() {
        return admin;
    }

    /** Reads offset ranges of a topic, by partition from {@code next} to {@code ends}; tells that operator when it waits. */
    public Batches read(
            String topic, Map<Integer, Long> next, Map<Integer, Long> ends, int mostRecords, Operator operator) {
        return new Batches(consumers, topic, next, ends, mostRecords, new Silence(operator, topic));
    }

    /** Makes sure that nobody else replays or redrives this feed; throws as {@link FeedLock#take}. */
    public FeedLock lock() {
        FeedLock lock = FeedLock.take(database, name());
        try {
            new Journal(database).stopAbandoned(name());
            return lock;
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /**
     * Puts a redrive, which is over, on record beside the replays.
     *
     * @param topic where its letters were, as the broker knows it by {@code topicId}
     * @param status done, stopped or failed
     */
    public void noteRedrive(String topic, String topicId, Tally tally, String status) {
        new Journal(database).redriven(name(), topic, topicId, tally, status, Requester.name());
    }

    /** Keeps whoever works on this feed to that speed, beside the live group. */
    public Pace pace(Speed speed, StopSignal stop) {
        return new Pace(speed, new LiveLag(admin, Listening.GROUP_PREFIX + name()), stop);
    }

    Plan plan(Selection selection, Operator operator) {
        return withAges(new Planner(admin).plan(name(), topic, selection), operator);
    }

    Plan planAgain(Plan planned, Operator operator) {
        return withAges(new Planner(admin).again(planned), operator);
    }

    /** Reads the first record of each range whose age is not known; of a range that begins with a hole it stays unknown. */
    private Plan withAges(Plan plan, Operator operator) {
        Map<Integer, Long> first = new HashMap<>();
        Map<Integer, Long> second = new HashMap<>();
        for (PartitionRange range : plan.ranges()) {
            if (range.oldest() == null && range.remaining() > 0) {
                first.put(range.partition(), range.next());
                second.put(range.partition(), range.next() + 1);
            }
        }
        if (first.isEmpty()) {
            return plan;
        }
        Map<Integer, Instant> ages = new HashMap<>();
        long deadline = System.nanoTime() + AGES.toNanos();
        try (Batches batches = read(plan.topic(), first, second, first.size(), operator)) {
            while (!batches.isFinished() && System.nanoTime() - deadline < 0) {
                for (ConsumerRecord<byte[], byte[]> record : batches.read().records()) {
                    ages.put(record.partition(), Instant.ofEpochMilli(record.timestamp()));
                }
            }
        }
        return plan.withAges(ages);
    }

    RecordFilter filter(Selection selection) {
        return new RecordFilter(selection, processor.feed().eventType(), registry);
    }

    @Override
    public void close() {
        admin.close(CLOSE);
    }
}

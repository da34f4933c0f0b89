package dev.pipelinetracker.engine;

import dev.pipelinetracker.engine.EventReader.Reading;
import dev.pipelinetracker.engine.FeedMeters.Phase;
import dev.pipelinetracker.engine.Outcome.Rejected;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import javax.sql.DataSource;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * The way of an event; read this first. A batch is read, folded to the newest per key, written with one statement, its
 * rejects are acknowledged by the dead-letter topic, its meters settled. Safe for several threads.
 */
public final class Processor<E extends SpecificRecord, K extends Comparable<? super K>> {

    private final Feed<E, K> feed;
    private final EventReader<E> reader;
    private final UpsertWriter<E, K> writer;
    private final DeadLetters deadLetters;
    private final FeedMeters meters;

    Processor(
            Feed<E, K> feed, SchemaRegistry registry, DataSource database, DeadLetters deadLetters, FeedMeters meters) {
        this.feed = feed;
        this.reader = new EventReader<>(feed.eventType(), registry);
        this.writer = new UpsertWriter<>(feed, database);
        this.deadLetters = deadLetters;
        this.meters = meters;
    }

    /** The feed whose records this processes. */
    public Feed<E, K> feed() {
        return feed;
    }

    /** The partition goes to another worker: what was remembered of its rejected records is of no use any more. */
    public void forget(TopicPartition partition) {
        deadLetters.forget(partition);
    }

    /** The feed's meters. */
    public FeedMeters meters() {
        return meters;
    }

    /**
     * Returns when every record's outcome is durable, so that returning lets the caller commit the offsets.
     *
     * @return one outcome per record, in the order given
     * @throws WorldFault when the world, not a record, is at fault: commit nothing; another delivery is harmless
     */
    public List<Outcome> process(List<ConsumerRecord<byte[], byte[]>> polled) {
        Outcome[] outcomes = new Outcome[polled.size()];
        LatestPerKey<E, K> fold = new LatestPerKey<>(feed.versionOrder());
        meters.time(Phase.DECODE, () -> read(polled, fold, outcomes));
        meters.time(Phase.WRITE, () -> writer.store(fold, outcomes));
        long committedAt = System.currentTimeMillis();
        meters.time(Phase.REJECT, () -> reject(polled, outcomes, deadLetters));
        meters.settled(polled, outcomes, committedAt);
        return Collections.unmodifiableList(Arrays.asList(outcomes));
    }

    /**
     * As {@link #process(List)}, for a driver other than the live one: rejected records go where it says, and the live
     * meters do not move. May run inside the caller's transaction: then outcomes are durable with its commit, and a feed
     * hears of changed rows after it.
     *
     * @return one outcome per record, in the order given
     * @throws WorldFault when the world, not a record, is at fault: roll back and come again
     */
    public List<Outcome> process(List<ConsumerRecord<byte[], byte[]>> polled, RejectedRecords rejects) {
        Outcome[] outcomes = new Outcome[polled.size()];
        LatestPerKey<E, K> fold = new LatestPerKey<>(feed.versionOrder());
        read(polled, fold, outcomes);
        writer.store(fold, outcomes);
        reject(polled, outcomes, rejects);
        return Collections.unmodifiableList(Arrays.asList(outcomes));
    }

    private void read(List<ConsumerRecord<byte[], byte[]>> polled, LatestPerKey<E, K> fold, Outcome[] outcomes) {
        BitSet readable = new BitSet();
        SchemasAway away = new SchemasAway(SchemasAway.PATIENCE, reader::isSchemaKnown);
        for (int i = 0; i < outcomes.length; i++) {
            ConsumerRecord<byte[], byte[]> record = polled.get(i);
            if (away.concerns(record)) {
                continue;
            }
            Reading<E> reading;
            try {
                reading = reader.read(record);
            } catch (WorldFault e) {
                away.add(record, e);
                continue;
            }
            readable.set(i);
            E event = reading.event();
            if (event == null) {
                outcomes[i] = reading.rejected();
            } else {
                fold.offer(i, feed.key(event), event);
            }
        }
        away.throwIfAny(readable);
    }

    private static void reject(
            List<ConsumerRecord<byte[], byte[]>> polled, Outcome[] outcomes, RejectedRecords rejects) {
        List<RejectedRecord> rejectedOnes = new ArrayList<>();
        for (int i = 0; i < outcomes.length; i++) {
            if (outcomes[i] instanceof Rejected rejected) {
                rejectedOnes.add(new RejectedRecord(polled.get(i), rejected));
            }
        }
        rejects.settle(rejectedOnes);
    }
}

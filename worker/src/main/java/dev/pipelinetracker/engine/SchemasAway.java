package dev.pipelinetracker.engine;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The schemas that could not be fetched while one batch was read: each is asked for once, and after some seconds none any
 * more, so that a batch of made-up ids cannot hold its consumer for longer than the group allows. What needs no asking is
 * read however long that took.
 */
final class SchemasAway {

    /** How long schemas are asked for after the first was away. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final int HEADER_LENGTH = 5;

    private final long started = System.nanoTime();
    private final Set<Integer> ids = new HashSet<>();
    private @Nullable WorldFault first;

    private final Duration patience;
    private final Predicate<ConsumerRecord<byte[], byte[]>> isKnown;

    /**
     * @param patience how long schemas are asked for, from now on, once one was away
     * @param isKnown whether a record can be read without asking for its schema
     */
    SchemasAway(Duration patience, Predicate<ConsumerRecord<byte[], byte[]>> isKnown) {
        this.patience = patience;
        this.isKnown = isKnown;
    }

    /** Whether the record waits for a schema that is away, or is not to be tried because that took too long already. */
    boolean concerns(ConsumerRecord<byte[], byte[]> record) {
        if (first == null) {
            return false;
        }
        boolean impatient = System.nanoTime() - started > patience.toNanos();
        return ids.contains(id(record)) || (impatient && !isKnown.test(record));
    }

    /** The record's schema could not be fetched. */
    void add(ConsumerRecord<byte[], byte[]> record, WorldFault fault) {
        ids.add(id(record));
        first = first == null ? fault : first;
    }

    /** Throws the first fault, if there was any, with the positions of the records that can be processed without. */
    void throwIfAny(BitSet readable) {
        if (first != null) {
            throw first.sparing(readable);
        }
    }

    private static int id(ConsumerRecord<byte[], byte[]> record) {
        byte[] value = record.value();
        return value == null || value.length < HEADER_LENGTH
                ? -1
                : ByteBuffer.wrap(value).getInt(1);
    }
}

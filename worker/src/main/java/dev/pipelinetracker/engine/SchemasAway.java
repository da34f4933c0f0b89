package dev.pipelinetracker.engine;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The schemas that could not be fetched while one batch was read: each is asked for once, and after some seconds none any
 * more, so that a batch of made-up ids cannot hold its consumer for longer than the group allows.
 */
final class SchemasAway {

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int HEADER_LENGTH = 5;

    private final long started = System.nanoTime();
    private final Set<Integer> ids = new HashSet<>();
    private @Nullable WorldFault first;

    /** Whether the record waits for a schema that is away, or is not to be tried because that took too long already. */
    boolean concerns(ConsumerRecord<byte[], byte[]> record) {
        return first != null && (ids.contains(id(record)) || System.nanoTime() - started > PATIENCE.toNanos());
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

package dev.pipelinetracker.bench;

import dev.pipelinetracker.support.Events;
import java.util.List;
import java.util.UUID;

/**
 * Events ready to be sent, by partition and in its order.
 *
 * @param feed the feed's name
 * @param partitions one list for each
 * @param rows how many rows they make
 */
record Backlog(String feed, List<List<Message>> partitions, int rows) {

    /** A record's key and value. */
    static final class Message {

        private final byte[] key;
        private final byte[] value;

        Message(UUID organization, byte[] value) {
            this.key = Events.key(organization);
            this.value = value;
        }

        byte[] key() {
            return key;
        }

        byte[] value() {
            return value;
        }
    }

    int size() {
        return partitions.stream().mapToInt(List::size).sum();
    }
}

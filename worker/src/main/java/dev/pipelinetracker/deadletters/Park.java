package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.replay.FeedLock;
import dev.pipelinetracker.replay.Requester;
import java.util.List;
import org.apache.kafka.clients.producer.Producer;

/** Moves letters to the parked topic: acknowledged there, then registered, so that none is lost in between. */
final class Park {

    private final Register register;
    private final Outbox outbox;
    private final FeedLock lock;
    private final ParkedTopic parked;
    private final String reason;

    Park(Register register, Producer<byte[], byte[]> producer, FeedLock lock, ParkedTopic parked, String reason) {
        this.register = register;
        this.outbox = new Outbox(producer);
        this.lock = lock;
        this.parked = parked;
        this.reason = reason;
    }

    void park(List<Letter> batch) {
        lock.keep();
        String by = Requester.name();
        batch.forEach(letter -> outbox.park(parked.name(), letter, by, reason));
        outbox.flush();
        register.settle(batch.stream().map(Letter::place).toList(), "parked", by, reason);
    }
}

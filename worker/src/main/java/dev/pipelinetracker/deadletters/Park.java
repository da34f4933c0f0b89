package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.replay.FeedLock;
import dev.pipelinetracker.replay.Requester;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.producer.Producer;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Moves letters to the parked topic: claimed, then acknowledged there, then committed, so that none is lost in between, and
 * none is parked by two.
 */
final class Park {

    private final Register register;
    private final Outbox outbox;
    private final TransactionTemplate transactions;
    private final FeedLock lock;
    private final ParkedTopic parked;
    private final String reason;

    Park(
            Register register,
            Producer<byte[], byte[]> producer,
            TransactionTemplate transactions,
            FeedLock lock,
            ParkedTopic parked,
            String reason) {
        this.register = register;
        this.outbox = new Outbox(producer);
        this.transactions = transactions;
        this.lock = lock;
        this.parked = parked;
        this.reason = reason;
    }

    void park(List<Letter> batch) {
        lock.keep();
        transactions.executeWithoutResult(transaction -> parkUncommitted(batch));
    }

    private void parkUncommitted(List<Letter> batch) {
        String by = Requester.name();
        Set<Place> claimed = register.claim(Letter.places(batch), by);
        batch.stream()
                .filter(letter -> claimed.contains(letter.place()))
                .forEach(letter -> outbox.park(parked.name(), letter, by, reason));
        outbox.flush();
        register.correct(List.copyOf(claimed), "parked", reason);
    }
}

package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.replay.FeedLock;
import dev.pipelinetracker.replay.Requester;
import java.util.List;
import java.util.Objects;
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
    private final TooLarge tooLarge;
    private final ParkedTopic parked;
    private final String reason;

    Park(
            Register register,
            Producer<byte[], byte[]> producer,
            TransactionTemplate transactions,
            FeedLock lock,
            TooLarge tooLarge,
            ParkedTopic parked,
            String reason) {
        this.register = register;
        this.outbox = new Outbox(producer);
        this.transactions = transactions;
        this.lock = lock;
        this.tooLarge = tooLarge;
        this.parked = parked;
        this.reason = reason;
    }

    /** How many of these were parked: the others somebody else has dealt with, or they are too large and stay open. */
    int park(List<Letter> batch) {
        lock.keep();
        Done done = Objects.requireNonNull(transactions.execute(transaction -> parkUncommitted(batch)));
        outbox.batchIsDone();
        tooLarge.found(done.tooLarge());
        return done.parked();
    }

    private record Done(int parked, Set<Place> tooLarge) {}

    private Done parkUncommitted(List<Letter> batch) {
        String by = Requester.name();
        Set<Place> claimed = register.claim(Letter.places(batch), by);
        batch.stream()
                .filter(letter -> claimed.contains(letter.place()))
                .forEach(letter -> outbox.park(parked.name(), letter, by, reason));
        Set<Place> unsent = outbox.flush();
        register.release(unsent);
        claimed.removeAll(unsent);
        register.correct(List.copyOf(claimed), "parked", reason);
        return new Done(claimed.size(), unsent);
    }
}

package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.engine.Outcome;
import dev.pipelinetracker.engine.Outcome.Rejected;
import dev.pipelinetracker.engine.Processor;
import dev.pipelinetracker.replay.FeedLock;
import dev.pipelinetracker.replay.Requester;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.Producer;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Drives letters through the engine. Rows and register are committed together; what is rejected again is acknowledged by
 * the broker before, so that after a crash in between a letter may be returned twice, but none is lost.
 */
final class DriveAgain {

    private final Processor<?, ?> processor;
    private final Register register;
    private final Outbox outbox;
    private final TransactionTemplate transactions;
    private final FeedLock lock;
    private final String topic;
    private final ParkedTopic parked;
    private final int cap;
    private List<Outcome> unsure = List.of();

    /** Rejected letters go back to {@code topic}, or to {@code parked} when they were tried {@code cap} times. */
    DriveAgain(
            Processor<?, ?> processor,
            OpenLetters letters,
            Producer<byte[], byte[]> producer,
            TransactionTemplate transactions,
            FeedLock lock,
            ParkedTopic parked,
            int cap) {
        this.processor = processor;
        this.register = letters.register();
        this.outbox = new Outbox(producer);
        this.transactions = transactions;
        this.lock = lock;
        this.topic = letters.topic();
        this.parked = parked;
        this.cap = cap;
    }

    /** One outcome per letter, in the order given; after a fault of the world it wants the same batch again. */
    List<Outcome> drive(List<Letter> batch) {
        lock.keep();
        // the commit's answer may have been lost, not the commit: then the attempt must not be counted again
        if (unsure.isEmpty() || register.became(batch.get(0).place()).isEmpty()) {
            transactions.executeWithoutResult(transaction -> unsure = driveUncommitted(batch));
        }
        List<Outcome> outcomes = unsure;
        unsure = List.of();
        return outcomes;
    }

    private List<Outcome> driveUncommitted(List<Letter> batch) {
        List<Outcome> outcomes = processor.process(Letter.polled(batch), rejected -> {});
        List<Place> stored = new ArrayList<>();
        List<Place> returned = new ArrayList<>();
        List<Place> hopeless = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            Letter letter = batch.get(i);
            if (!(outcomes.get(i) instanceof Rejected why)) {
                stored.add(letter.place());
            } else if (letter.attempt() + 1 < cap) {
                outbox.sendAgain(topic, letter, why);
                returned.add(letter.place());
            } else {
                outbox.sendAgain(parked.name(), letter, why);
                hopeless.add(letter.place());
            }
        }
        outbox.flush();
        String by = Requester.name();
        register.settle(stored, "stored", by, null);
        register.settle(returned, "returned", by, null);
        register.settle(hopeless, "parked", by, "tried %d times".formatted(cap));
        return outcomes;
    }
}

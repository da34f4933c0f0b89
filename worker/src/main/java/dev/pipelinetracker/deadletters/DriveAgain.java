package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.engine.Outcome;
import dev.pipelinetracker.engine.Outcome.Rejected;
import dev.pipelinetracker.engine.Processor;
import dev.pipelinetracker.replay.FeedLock;
import dev.pipelinetracker.replay.Requester;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Drives letters through the engine. They are claimed first, so that even whoever has lost the feed's lock without knowing
 * drives none again that another has driven. Rows and register are committed together; what is rejected again is acknowledged by
 * the broker before, so that after a crash in between a letter may be returned twice, but none is lost. One that has become
 * too large to be returned stays open.
 */
final class DriveAgain {

    private final Processor<?, ?> processor;
    private final Register register;
    private final Outbox outbox;
    private final TransactionTemplate transactions;
    private final FeedLock lock;
    private final TooLarge tooLarge;
    private final String topic;
    private final ParkedTopic parked;
    private final int cap;
    private List<Outcome> unsure = List.of();
    private @Nullable Place unsurePlace;
    private Set<Place> unsureTooLarge = Set.of();

    /** Rejected letters go back to {@code topic}, or to {@code parked} when they were tried {@code cap} times. */
    DriveAgain(
            Processor<?, ?> processor,
            OpenLetters letters,
            Producer<byte[], byte[]> producer,
            TransactionTemplate transactions,
            FeedLock lock,
            TooLarge tooLarge,
            ParkedTopic parked,
            int cap) {
        this.processor = processor;
        this.register = letters.register();
        this.outbox = new Outbox(producer);
        this.transactions = transactions;
        this.lock = lock;
        this.tooLarge = tooLarge;
        this.topic = letters.topic();
        this.parked = parked;
        this.cap = cap;
    }

    /** One outcome per letter that nobody else has dealt with; after a fault of the world it wants the same batch again. */
    List<Outcome> drive(List<Letter> batch) {
        lock.keep();
        // the commit's answer may have been lost, not the commit: then the attempt must not be counted again
        Place doubtful = unsurePlace;
        if (doubtful == null || register.became(doubtful).isEmpty()) {
            unsurePlace = null;
            transactions.executeWithoutResult(transaction -> driveUncommitted(batch));
        }
        List<Outcome> outcomes = unsure;
        unsurePlace = null;
        outbox.batchIsDone();
        tooLarge.found(unsureTooLarge);
        return outcomes;
    }

    private void driveUncommitted(List<Letter> offered) {
        Set<Place> claimed = register.claim(Letter.places(offered), Requester.name());
        List<Letter> batch = offered.stream()
                .filter(letter -> claimed.contains(letter.place()))
                .toList();
        unsure = List.of();
        unsurePlace = null;
        unsureTooLarge = Set.of();
        if (!batch.isEmpty()) {
            driveClaimed(batch);
        }
    }

    private void driveClaimed(List<Letter> batch) {
        List<Outcome> outcomes = processor.process(Letter.polled(batch), rejected -> {});
        List<Place> returned = new ArrayList<>();
        List<Place> hopeless = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            Letter letter = batch.get(i);
            if (!(outcomes.get(i) instanceof Rejected why)) {
                continue;
            }
            if (letter.attempt() + 1 < cap) {
                outbox.sendAgain(topic, letter, why);
                returned.add(letter.place());
            } else {
                outbox.sendAgain(parked.name(), letter, why);
                hopeless.add(letter.place());
            }
        }
        Set<Place> unsent = outbox.flush();
        register.release(unsent);
        returned.removeAll(unsent);
        hopeless.removeAll(unsent);
        register.correct(returned, "returned", null);
        register.correct(hopeless, "parked", "tried %d times".formatted(cap));
        unsure = outcomes;
        unsurePlace = claimed(batch, unsent);
        unsureTooLarge = unsent;
    }

    /** One that is in the register if this is committed; null if none is, and doing it again does no harm. */
    private static @Nullable Place claimed(List<Letter> batch, Set<Place> released) {
        return Letter.places(batch).stream()
                .filter(place -> !released.contains(place))
                .findFirst()
                .orElse(null);
    }
}

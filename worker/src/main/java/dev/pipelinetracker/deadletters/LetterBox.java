package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.replay.FailedException;
import dev.pipelinetracker.replay.FeedLock;
import dev.pipelinetracker.replay.Feeds;
import dev.pipelinetracker.replay.Manner;
import dev.pipelinetracker.replay.OpenFeed;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.RefusedException;
import dev.pipelinetracker.replay.StopSignal;
import dev.pipelinetracker.replay.TryOut;
import java.util.Map;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.apache.kafka.clients.producer.Producer;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What the command {@code dead-letters} does. A letter is open until it was stored, returned to the topic as a new letter
 * with its attempts counted, or parked; only open letters are listed, redriven and parked. Every method throws {@link
 * RefusedException} before anything is written, and {@link FailedException} if it did not come to its end. Not found by
 * the component scan.
 */
@Import(Feeds.class)
public class LetterBox {

    private final Feeds feeds;
    private final DataSource database;
    private final Producer<byte[], byte[]> producer;
    private final TransactionTemplate transactions;

    LetterBox(Feeds feeds, DataSource database, Producer<byte[], byte[]> producer) {
        this.feeds = feeds;
        this.database = database;
        this.producer = producer;
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(database));
    }

    /** Shows open letters, the oldest of each partition first, at most so many; and how many there are of each reason. */
    public void list(String name, LetterFilter filter, int limit, Operator operator) {
        Map<String, Integer> byReason = new TreeMap<>();
        int[] open = {0};
        String told;
        try (OpenFeed feed = feeds.open(name, operator)) {
            OpenLetters letters = new OpenLetters(feed, database);
            letters.forEach(filter, operator, letter -> {
                byReason.merge(letter.reason(), 1, Integer::sum);
                if (open[0]++ < limit) {
                    operator.show("letter", letter.asMap(), letter.toString());
                }
            });
            told = letters.told(open[0]);
        }
        operator.show(
                "letters",
                Map.of("feed", name, "open", open[0], "by_reason", byReason),
                told
                        + (open[0] == 0 ? "" : " " + byReason)
                        + (open[0] > limit ? ", the first %d shown: --limit N shows more".formatted(limit) : ""));
    }

    /** Shows one letter, open or not; what the publisher wrote, event and foreign headers, only if payload is wanted. */
    public void show(String name, Place place, boolean payload, Operator operator) {
        try (OpenFeed feed = feeds.open(name, operator)) {
            OpenLetters letters = new OpenLetters(feed, database);
            Letter letter = letters.at(place, operator);
            String became = letters.register().became(place).orElse("open");
            new ShowLetter(feed, payload).show(letter, became, operator);
        }
    }

    /**
     * Drives open letters through the engine into the tables. What is rejected again goes back to the dead-letter topic
     * with its attempts counted, or is parked when they reach the cap.
     *
     * @return whether all were dealt with: it was not stopped, and none is too large to be sent on
     */
    public boolean redrive(
            String name, LetterFilter filter, int cap, Manner manner, Operator operator, StopSignal stop) {
        try (OpenFeed feed = feeds.open(name, operator)) {
            OpenLetters letters = new OpenLetters(feed, database);
            TooLarge tooLarge = new TooLarge(letters.topic(), operator);
            Redrive redrive = new Redrive(feed, letters, filter, manner, operator, stop, tooLarge);
            long planned = plan(letters, filter, name, operator);
            if (planned == 0) {
                forgetDeleted(letters, manner.dryRun());
                return redrive.none();
            }
            if (manner.dryRun()) {
                try (TryOut tryOut = new TryOut(feed.processor(), transactions, database)) {
                    return redrive.all(planned, batch -> tryOut.outcomes(Letter.polled(batch)));
                }
            }
            operator.confirm("Redrive %,d dead letters?".formatted(planned), manner.yes());
            try (FeedLock lock = feed.lock()) {
                ParkedTopic parked = prepare(letters, feed);
                DriveAgain again =
                        new DriveAgain(feed.processor(), letters, producer, transactions, lock, tooLarge, parked, cap);
                return redrive.all(planned, again::drive);
            }
        }
    }

    /**
     * Moves open letters to the parked topic, where nothing offers them again.
     *
     * @return whether all were parked: it was not stopped, and none is too large to be sent on
     */
    public boolean park(
            String name,
            LetterFilter filter,
            String reason,
            boolean dryRun,
            boolean yes,
            Operator operator,
            StopSignal stop) {
        try (OpenFeed feed = feeds.open(name, operator)) {
            OpenLetters letters = new OpenLetters(feed, database);
            TooLarge tooLarge = new TooLarge(letters.topic(), operator);
            String topic = ParkedTopic.of(letters.topic()).name();
            long planned = plan(letters, filter, name, operator);
            ParkEnd end = new ParkEnd(name, topic, dryRun, tooLarge, operator);
            if (planned == 0 || dryRun) {
                forgetDeleted(letters, dryRun);
                return end.tell(planned, true);
            }
            operator.confirm("Park %,d dead letters in %s?".formatted(planned, topic), yes);
            try (FeedLock lock = feed.lock()) {
                ParkedTopic there = prepare(letters, feed);
                Park park = new Park(letters.register(), producer, transactions, lock, tooLarge, there, reason);
                long[] parked = {0};
                InBatches batches = new InBatches(letters, filter, OpenLetters.BATCH, operator, stop);
                boolean finished = batches.each(batch -> parked[0] += park.park(batch));
                return end.tell(parked[0], finished);
            }
        }
    }

    /** Tells how many are meant, and does not keep them: there may be more than memory holds. */
    private static long plan(OpenLetters letters, LetterFilter filter, String feed, Operator operator) {
        long[] open = {0};
        letters.forEach(filter, operator, letter -> open[0]++);
        operator.show("plan", Map.of("feed", feed, "letters", open[0]), letters.told(open[0]));
        return open[0];
    }

    private static void forgetDeleted(OpenLetters letters, boolean dryRun) {
        if (!dryRun) {
            letters.prune();
        }
    }

    private static ParkedTopic prepare(OpenLetters letters, OpenFeed feed) {
        letters.prune();
        ParkedTopic parked = ParkedTopic.of(letters.topic());
        parked.prepare(feed.admin());
        return parked;
    }
}

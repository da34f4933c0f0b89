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
import java.util.List;
import java.util.Map;
import java.util.Set;
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

    private static final int BATCH = 500;

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
        try (OpenFeed feed = feeds.open(name)) {
            new OpenLetters(feed, database).forEach(filter, letter -> {
                byReason.merge(letter.reason(), 1, Integer::sum);
                if (open[0]++ < limit) {
                    operator.show("letter", letter.asMap(), letter.toString());
                }
            });
        }
        String more = open[0] > limit ? ", the first %d shown: --limit N shows more".formatted(limit) : "";
        operator.show(
                "letters",
                Map.of("feed", name, "open", open[0], "by_reason", byReason),
                "%,d open dead letters of %s %s%s".formatted(open[0], name, byReason, more));
    }

    /** Shows one letter, open or not; what the publisher wrote, event and foreign headers, only if payload is wanted. */
    public void show(String name, Place place, boolean payload, Operator operator) {
        try (OpenFeed feed = feeds.open(name)) {
            OpenLetters letters = new OpenLetters(feed, database);
            Letter letter = letters.at(place);
            String became = letters.register().became(place).orElse("open");
            new ShowLetter(feed, payload).show(letter, became, operator);
        }
    }

    /**
     * Drives open letters through the engine into the tables. What is rejected again goes back to the dead-letter topic
     * with its attempts counted, or is parked when they reach the cap.
     *
     * @return whether it came to its end: it was not stopped
     */
    public boolean redrive(
            String name, LetterFilter filter, int cap, Manner manner, Operator operator, StopSignal stop) {
        try (OpenFeed feed = feeds.open(name)) {
            OpenLetters letters = new OpenLetters(feed, database);
            List<Letter> planned = plan(letters, filter, feed, operator);
            Redrive redrive = new Redrive(feed, manner, operator, stop);
            if (manner.dryRun()) {
                TryOut tryOut = new TryOut(feed.processor(), transactions, database);
                return redrive.all(planned, batch -> tryOut.outcomes(Letter.polled(batch)));
            }
            operator.confirm("Redrive %,d dead letters?".formatted(planned.size()), manner.yes());
            try (FeedLock lock = feed.lock()) {
                ParkedTopic parked = ParkedTopic.of(letters.topic());
                List<Letter> open = prepare(planned, letters, parked, feed);
                return redrive.all(
                        open,
                        new DriveAgain(feed.processor(), letters, producer, transactions, lock, parked, cap)::drive);
            }
        }
    }

    /**
     * Moves open letters to the parked topic, where nothing offers them again.
     *
     * @return whether it came to its end: it was not stopped
     */
    public boolean park(
            String name,
            LetterFilter filter,
            String reason,
            boolean dryRun,
            boolean yes,
            Operator operator,
            StopSignal stop) {
        try (OpenFeed feed = feeds.open(name)) {
            OpenLetters letters = new OpenLetters(feed, database);
            List<Letter> planned = plan(letters, filter, feed, operator);
            if (dryRun) {
                return true;
            }
            ParkedTopic parked = ParkedTopic.of(letters.topic());
            operator.confirm("Park %,d dead letters in %s?".formatted(planned.size(), parked.name()), yes);
            try (FeedLock lock = feed.lock()) {
                List<Letter> open = prepare(planned, letters, parked, feed);
                Park park = new Park(letters.register(), producer, lock, parked, reason);
                boolean finished = new InBatches(open, BATCH, operator, stop).each(park::park);
                String status = finished ? "parked" : "stopped; run the same command again to park the rest";
                operator.show(
                        "end",
                        Map.of("feed", name, "letters", open.size(), "topic", parked.name(), "status", status),
                        "%,d dead letters for %s: %s".formatted(open.size(), parked.name(), status));
                return finished;
            }
        }
    }

    private static List<Letter> plan(OpenLetters letters, LetterFilter filter, OpenFeed feed, Operator operator) {
        List<Letter> open = letters.all(filter);
        operator.show(
                "plan",
                Map.of("feed", feed.name(), "letters", open.size()),
                "%,d open dead letters of %s".formatted(open.size(), feed.name()));
        return open;
    }

    /** Under the lock: what is still open, now that nobody else deals with them. */
    private static List<Letter> prepare(List<Letter> planned, OpenLetters letters, ParkedTopic parked, OpenFeed feed) {
        letters.prune();
        parked.prepare(feed.admin());
        Set<Place> settled = letters.register().settled();
        return planned.stream()
                .filter(letter -> !settled.contains(letter.place()))
                .toList();
    }
}

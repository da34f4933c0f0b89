package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.engine.DeadLetters;
import dev.pipelinetracker.engine.FeedSettings;
import dev.pipelinetracker.engine.Outcome;
import dev.pipelinetracker.engine.Processor;
import dev.pipelinetracker.engine.Processors;
import dev.pipelinetracker.engine.RejectedRecord;
import dev.pipelinetracker.engine.WorldFault;
import dev.pipelinetracker.listen.Listening;
import dev.pipelinetracker.replay.Batches;
import dev.pipelinetracker.replay.FailedException;
import dev.pipelinetracker.replay.FeedLock;
import dev.pipelinetracker.replay.LiveLag;
import dev.pipelinetracker.replay.Manner;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.Pace;
import dev.pipelinetracker.replay.RefusedException;
import dev.pipelinetracker.replay.Requester;
import dev.pipelinetracker.replay.StandInSequence;
import dev.pipelinetracker.replay.StopSignal;
import dev.pipelinetracker.replay.Tally;
import dev.pipelinetracker.replay.TopicRanges;
import dev.pipelinetracker.wire.EventDecoder;
import dev.pipelinetracker.wire.RegistryUnavailableException;
import dev.pipelinetracker.wire.SchemaRegistry;
import dev.pipelinetracker.wire.UnreadableEventException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import javax.sql.DataSource;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.header.Header;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What the command {@code dead-letters} does. A letter is open until it was stored, returned to the topic as a new letter
 * with its attempts counted, or parked; only open letters are listed, redriven and parked. Not found by the component scan.
 */
public class LetterBox {

    /** Appended to the dead-letter topic: where hopeless letters go. */
    public static final String PARKED_SUFFIX = ".parked";

    private static final int BATCH = 500;

    private final Processors processors;
    private final FeedSettings settings;
    private final SchemaRegistry registry;
    private final DataSource database;
    private final ConsumerFactory<byte[], byte[]> consumers;
    private final KafkaAdmin kafka;
    private final Producer<byte[], byte[]> producer;
    private final TransactionTemplate transactions;

    LetterBox(
            Processors processors,
            FeedSettings settings,
            SchemaRegistry registry,
            DataSource database,
            ConsumerFactory<byte[], byte[]> consumers,
            KafkaAdmin kafka,
            Producer<byte[], byte[]> producer) {
        this.processors = processors;
        this.settings = settings;
        this.registry = registry;
        this.database = database;
        this.consumers = consumers;
        this.kafka = kafka;
        this.producer = producer;
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(database));
    }

    /** Shows open letters, the oldest of each partition first, at most so many; and how many there are of each reason. */
    public void list(String feed, LetterFilter filter, int limit, Operator operator) {
        Processor<?, ?> processor = processor(feed);
        Map<String, Integer> byReason = new TreeMap<>();
        int[] shown = {0};
        try (Admin admin = admin()) {
            read(admin, processor, filter, letter -> {
                byReason.merge(letter.reason(), 1, Integer::sum);
                if (shown[0]++ < limit) {
                    operator.show("letter", letter.asMap(), letter.toString());
                }
            });
        }
        operator.show(
                "letters",
                Map.of("feed", feed, "open", shown[0], "by_reason", byReason),
                "%,d open dead letters of %s %s%s"
                        .formatted(
                                shown[0],
                                feed,
                                byReason,
                                shown[0] > limit ? ", the first %d shown: --limit N shows more".formatted(limit) : ""));
    }

    /** Shows one letter, open or not; what the publisher wrote, event and foreign headers, only if payload is wanted. */
    public void show(String feed, Place place, boolean payload, Operator operator) {
        Processor<?, ?> processor = processor(feed);
        List<Letter> found = new ArrayList<>();
        try (Admin admin = admin()) {
            String topic = deadLetterTopic(processor);
            TopicRanges ranges = TopicRanges.of(admin, topic);
            if (!ranges.holds(place.partition(), place.offset())) {
                throw new RefusedException(
                        "%s holds no letter %s. See `dead-letters list --feed %s`.".formatted(topic, place, feed));
            }
            try (Batches batches = new Batches(
                    consumers,
                    topic,
                    Map.of(place.partition(), place.offset()),
                    Map.of(place.partition(), place.offset() + 1),
                    1)) {
                while (!batches.isFinished()) {
                    batches.read().records().forEach(polled -> found.add(new Letter(polled)));
                }
            }
        }
        if (found.isEmpty()) {
            throw new RefusedException(
                    "there is no letter %s. See `dead-letters list --feed %s`.".formatted(place, feed));
        }
        Letter letter = found.get(0);
        Map<String, Object> object = new LinkedHashMap<>(letter.asMap());
        StringBuilder text = new StringBuilder(letter.toString());
        Map<String, String> headers = new LinkedHashMap<>();
        for (Header header : letter.polled().headers()) {
            byte[] value = header.value();
            int length = value == null ? 0 : value.length;
            String told = payload || header.key().startsWith("tracker-")
                    ? (value == null ? "" : new String(value, java.nio.charset.StandardCharsets.UTF_8))
                    : length + " bytes";
            headers.put(header.key(), told);
            text.append("%n  header %s: %s".formatted(header.key(), told));
        }
        String event = decoded(processor, letter, payload);
        byte[] value = letter.polled().value();
        object.put("headers", headers);
        object.put("value_bytes", value == null ? null : value.length);
        object.put("event", event);
        text.append("%n  value: %s%n  event: %s".formatted(value == null ? "none" : value.length + " bytes", event));
        operator.show("letter", object, text.toString());
    }

    /**
     * Drives open letters through the engine into the tables. What is rejected again goes back to the dead-letter topic
     * with its attempts counted, or is parked when they reach the cap.
     *
     * @return whether it came to its end: it was not stopped
     */
    public boolean redrive(
            String feed, LetterFilter filter, int cap, Manner manner, Operator operator, StopSignal stop) {
        Processor<?, ?> processor = processor(feed);
        try (Admin admin = admin()) {
            List<Letter> letters = open(admin, processor, filter);
            operator.show(
                    "plan",
                    Map.of("feed", feed, "letters", letters.size()),
                    "%,d open dead letters of %s%s"
                            .formatted(letters.size(), feed, manner.dryRun() ? ", dry run" : ""));
            Pace pace = new Pace(
                    manner.rate(),
                    manner.yieldToLive()
                            ? new LiveLag(admin, Listening.GROUP_PREFIX + feed, settings.topic(processor.feed()))
                            : () -> 0,
                    manner.lagBound(),
                    stop);
            if (manner.dryRun()) {
                return drive(letters, manner, operator, stop, pace, feed, batch -> tryOut(processor, batch));
            }
            operator.confirm("Redrive %,d dead letters?".formatted(letters.size()), manner.yes());
            try (FeedLock lock = FeedLock.take(database, feed)) {
                prepareParking(admin, deadLetterTopic(processor));
                return drive(letters, manner, operator, stop, pace, feed, batch -> {
                    keep(lock);
                    return driveAgain(processor, batch, cap);
                });
            } catch (SQLException e) {
                throw databaseAway(e);
            }
        }
    }

    /** Moves open letters to the parked topic, where nothing offers them again. */
    public void park(String feed, LetterFilter filter, String reason, Manner manner, Operator operator) {
        Processor<?, ?> processor = processor(feed);
        String topic = deadLetterTopic(processor);
        try (Admin admin = admin()) {
            List<Letter> letters = open(admin, processor, filter);
            operator.show(
                    "plan",
                    Map.of("feed", feed, "letters", letters.size()),
                    "%,d open dead letters of %s%s"
                            .formatted(letters.size(), feed, manner.dryRun() ? ", dry run" : ""));
            if (manner.dryRun()) {
                return;
            }
            operator.confirm(
                    "Park %,d dead letters in %s?".formatted(letters.size(), topic + PARKED_SUFFIX), manner.yes());
            try (FeedLock lock = FeedLock.take(database, feed)) {
                keep(lock);
                prepareParking(admin, topic);
                Register register = new Register(database, topic);
                Outbox outbox = new Outbox(producer);
                for (int from = 0; from < letters.size(); from += BATCH) {
                    List<Letter> batch = letters.subList(from, Math.min(letters.size(), from + BATCH));
                    batch.forEach(letter -> outbox.park(topic + PARKED_SUFFIX, letter, Requester.name(), reason));
                    outbox.flush();
                    register.settle(places(batch), "parked", Requester.name(), reason);
                }
            } catch (SQLException e) {
                throw databaseAway(e);
            }
            operator.show(
                    "end",
                    Map.of("feed", feed, "parked", letters.size()),
                    "%,d parked in %s".formatted(letters.size(), topic + PARKED_SUFFIX));
        } catch (WorldFault | DataAccessException fault) {
            throw interrupted(fault);
        }
    }

    /** What a batch of letters became. */
    @FunctionalInterface
    private interface Driver {
        List<Outcome> drive(List<Letter> batch);
    }

    private static boolean drive(
            List<Letter> letters,
            Manner manner,
            Operator operator,
            StopSignal stop,
            Pace pace,
            String feed,
            Driver driver) {
        Tally tally = new Tally();
        int size = manner.rate().batch(BATCH);
        int done = 0;
        operator.begin("dead letters", letters.size());
        try {
            while (done < letters.size() && !stop.isWanted()) {
                List<Letter> batch = letters.subList(done, Math.min(letters.size(), done + size));
                tally.add(driver.drive(batch));
                done += batch.size();
                boolean yielded = pace.await(batch.size());
                operator.progress(done, tally, yielded);
            }
        } catch (WorldFault | DataAccessException | TransactionException fault) {
            throw interrupted(fault);
        } finally {
            operator.close();
        }
        boolean finished = done == letters.size();
        String status = (manner.dryRun() ? "dry run, nothing was changed" : "redrive") + (finished ? "" : ", stopped");
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("feed", feed);
        object.put("status", status);
        object.putAll(tally.asMap());
        operator.show("end", object, "%s: %,d dead letters: %s".formatted(status, tally.records(), tally));
        return finished;
    }

    /** Rows, register and the new letters of a batch: the letters are acknowledged before the rest is committed. */
    private List<Outcome> driveAgain(Processor<?, ?> processor, List<Letter> batch, int cap) {
        String topic = deadLetterTopic(processor);
        Register register = new Register(database, topic);
        Outbox outbox = new Outbox(producer);
        String by = Requester.name();
        List<Outcome> outcomes = transactions.execute(transaction -> {
            List<RejectedRecord> rejectedAgain = new ArrayList<>();
            List<Outcome> became = processor.process(records(batch), rejectedAgain::addAll);
            List<Place> returned = new ArrayList<>();
            List<Place> parked = new ArrayList<>();
            for (RejectedRecord rejected : rejectedAgain) {
                Letter letter = new Letter(rejected.polled());
                boolean isHopeless = letter.attempt() + 1 >= cap;
                (isHopeless ? parked : returned).add(letter.place());
                outbox.sendAgain(isHopeless ? topic + PARKED_SUFFIX : topic, letter, rejected.why());
            }
            outbox.flush();
            List<Place> stored = new ArrayList<>(places(batch));
            stored.removeAll(Set.copyOf(returned));
            stored.removeAll(Set.copyOf(parked));
            register.settle(stored, "stored", by, null);
            register.settle(returned, "returned", by, null);
            register.settle(parked, "parked", by, "tried %d times".formatted(cap));
            return became;
        });
        return outcomes == null ? List.of() : outcomes;
    }

    private List<Outcome> tryOut(Processor<?, ?> processor, List<Letter> batch) {
        StandInSequence sequence = new StandInSequence(
                JdbcClient.create(database), processor.feed().upsert().table());
        List<Outcome> outcomes = transactions.execute(transaction -> {
            transaction.setRollbackOnly();
            sequence.create();
            return processor.process(records(batch), rejected -> {});
        });
        return outcomes == null ? List.of() : outcomes;
    }

    private List<Letter> open(Admin admin, Processor<?, ?> processor, LetterFilter filter) {
        List<Letter> letters = new ArrayList<>();
        read(admin, processor, filter, letters::add);
        return letters;
    }

    private void read(
            Admin admin, Processor<?, ?> processor, LetterFilter filter, java.util.function.Consumer<Letter> open) {
        String topic = deadLetterTopic(processor);
        TopicRanges ranges = TopicRanges.of(admin, topic);
        Set<Place> settled = settled(topic);
        try (Batches batches = new Batches(consumers, topic, ranges.starts(), ranges.ends(), Batches.MOST)) {
            while (!batches.isFinished()) {
                for (ConsumerRecord<byte[], byte[]> polled : batches.read().records()) {
                    Letter letter = new Letter(polled);
                    if (!settled.contains(letter.place()) && filter.accepts(letter)) {
                        open.accept(letter);
                    }
                }
            }
        }
    }

    private Set<Place> settled(String topic) {
        try {
            return new Register(database, topic).settled();
        } catch (org.springframework.jdbc.BadSqlGrammarException e) {
            throw new RefusedException(
                    "tracker.redriven cannot be read: the database was not migrated to version 3, or this role may not. Run `migrate` first.");
        } catch (DataAccessException e) {
            throw new FailedException("the database does not answer. Check spring.datasource.*, then try again.", e);
        }
    }

    private static void prepareParking(Admin admin, String topic) {
        try {
            admin.createTopics(List.of(
                            new NewTopic(topic + PARKED_SUFFIX, java.util.Optional.of(1), java.util.Optional.empty())))
                    .all()
                    .get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new RefusedException(
                        "the topic %s is not there and cannot be created (%s). Create it, then try again."
                                .formatted(
                                        topic + PARKED_SUFFIX,
                                        String.valueOf(e.getCause()).replaceAll(":.*", "")));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailedException("interrupted. Run it again.", e);
        }
    }

    private String decoded(Processor<?, ?> processor, Letter letter, boolean payload) {
        try {
            SpecificRecord event = new EventDecoder<>(processor.feed().eventType(), registry)
                    .decode(letter.polled().value());
            return payload ? event.toString() : "can be decoded; --payload shows it";
        } catch (UnreadableEventException e) {
            return "cannot be decoded: " + e.getMessage();
        } catch (RegistryUnavailableException e) {
            return "cannot be decoded now: " + e.getMessage();
        }
    }

    private static void keep(FeedLock lock) {
        try {
            lock.keep();
        } catch (SQLException e) {
            throw databaseAway(e);
        }
    }

    private static List<ConsumerRecord<byte[], byte[]>> records(List<Letter> letters) {
        return letters.stream().map(Letter::polled).toList();
    }

    private static List<Place> places(List<Letter> letters) {
        return letters.stream().map(Letter::place).toList();
    }

    private String deadLetterTopic(Processor<?, ?> processor) {
        return settings.topic(processor.feed()) + DeadLetters.TOPIC_SUFFIX;
    }

    private Processor<?, ?> processor(String feed) {
        return processors.all().stream()
                .filter(processor -> processor.feed().name().equals(feed))
                .findFirst()
                .orElseThrow(() -> new RefusedException(
                        "there is no feed '%s'. Name pipeline-runs, insights or visualizations.".formatted(feed)));
    }

    private Admin admin() {
        return Admin.create(kafka.getConfigurationProperties());
    }

    private static FailedException interrupted(RuntimeException fault) {
        return new FailedException(
                "%s. What was committed stays and is not offered again; mend the fault, then run the same command again."
                        .formatted(fault.getMessage()),
                fault);
    }

    private static FailedException databaseAway(SQLException fault) {
        return new FailedException(
                "the database does not answer (SQLState %s). Check spring.datasource.*, then try again."
                        .formatted(fault.getSQLState()),
                fault);
    }
}

package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.engine.DeadLetters;
import dev.pipelinetracker.replay.Batches;
import dev.pipelinetracker.replay.OpenFeed;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.TopicRanges;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * An organization's dead letters of one feed: those whose key it is. A letter with another key, or none, is nobody's here,
 * whatever its payload says.
 */
public final class LettersOf {

    private final UUID organization;
    private final OpenFeed feed;
    private final DataSource database;
    private final Set<String> topics;
    private final Operator operator;

    /**
     * @param topics all that the broker has
     * @param operator who is told when the broker is waited for
     */
    public LettersOf(UUID organization, OpenFeed feed, DataSource database, Set<String> topics, Operator operator) {
        this.organization = organization;
        this.feed = feed;
        this.database = database;
        this.topics = Set.copyOf(topics);
        this.operator = operator;
    }

    /** The dead-letter topic. */
    public String topic() {
        return feed.topic() + DeadLetters.TOPIC_SUFFIX;
    }

    /** Where parked ones are. */
    public String parkedTopic() {
        return ParkedTopic.of(topic()).name();
    }

    /**
     * How many that topic holds, open or not; reads all of it.
     *
     * @throws dev.pipelinetracker.replay.FailedException if the broker does not answer
     */
    public long count(String topic) {
        if (!topics.contains(topic)) {
            return 0;
        }
        TopicRanges ranges = TopicRanges.of(feed.admin(), topic);
        long count = 0;
        try (Batches batches = feed.read(topic, ranges.starts(), ranges.ends(), OpenLetters.BATCH, operator)) {
            while (!batches.isFinished()) {
                count += batches.read().records().stream()
                        .map(Letter::new)
                        .filter(own()::accepts)
                        .count();
            }
        }
        return count;
    }

    /**
     * Makes the open ones settled, so that they are never offered again; call it while the feed's lock is held.
     *
     * @return how many
     * @throws dev.pipelinetracker.replay.FailedException if the broker does not answer
     */
    public long settle(String by, String reason) {
        if (!topics.contains(topic())) {
            return 0;
        }
        OpenLetters letters = new OpenLetters(feed, database);
        long settled = 0;
        try (Batches batches = letters.read(OpenLetters.BATCH, operator)) {
            while (!batches.isFinished()) {
                List<Place> open = Letter.places(letters.open(batches.read().records(), own()));
                if (!open.isEmpty()) {
                    settled += settle(letters.register(), open, by, reason);
                }
            }
        }
        return settled;
    }

    private int settle(Register register, List<Place> open, String by, String reason) {
        return Objects.requireNonNull(new TransactionTemplate(new JdbcTransactionManager(database))
                .execute(transaction -> {
                    List<Place> claimed = List.copyOf(register.claim(open, by));
                    register.correct(claimed, "erased", reason);
                    return claimed.size();
                }));
    }

    private LetterFilter own() {
        return new LetterFilter(Set.of(), List.of(organization), null, null, Set.of());
    }
}

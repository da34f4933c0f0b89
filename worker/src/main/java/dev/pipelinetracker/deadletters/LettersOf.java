package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.engine.DeadLetters;
import dev.pipelinetracker.replay.Batches;
import dev.pipelinetracker.replay.OpenFeed;
import dev.pipelinetracker.replay.TopicRanges;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * An organization's dead letters of one feed: those whose key it is. A letter with another key, or none, is nobody's here,
 * whatever its payload says.
 */
public final class LettersOf {

    private static final int BATCH = 10_000;

    private final UUID organization;
    private final OpenFeed feed;
    private final DataSource database;
    private final Set<String> topics;

    /** @param topics all that the broker has */
    public LettersOf(UUID organization, OpenFeed feed, DataSource database, Set<String> topics) {
        this.organization = organization;
        this.feed = feed;
        this.database = database;
        this.topics = Set.copyOf(topics);
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
        long[] count = {0};
        forEach(topic, letter -> count[0]++);
        return count[0];
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
        Register register = new OpenLetters(feed, database).register();
        Set<Place> settled = register.settled();
        List<Place> open = new ArrayList<>();
        forEach(topic(), letter -> {
            if (!settled.contains(letter.place())) {
                open.add(letter.place());
            }
        });
        for (int from = 0; from < open.size(); from += BATCH) {
            register.settle(open.subList(from, Math.min(open.size(), from + BATCH)), "erased", by, reason);
        }
        return open.size();
    }

    private void forEach(String topic, Consumer<Letter> action) {
        if (!topics.contains(topic)) {
            return;
        }
        TopicRanges ranges = TopicRanges.of(feed.admin(), topic);
        try (Batches batches = feed.read(topic, ranges.starts(), ranges.ends(), Batches.MOST)) {
            while (!batches.isFinished()) {
                for (ConsumerRecord<byte[], byte[]> polled : batches.read().records()) {
                    Letter letter = new Letter(polled);
                    if (letter.organization().filter(organization::equals).isPresent()) {
                        action.accept(letter);
                    }
                }
            }
        }
    }
}

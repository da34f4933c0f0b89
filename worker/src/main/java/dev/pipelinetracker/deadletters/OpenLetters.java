package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.engine.DeadLetters;
import dev.pipelinetracker.replay.Batches;
import dev.pipelinetracker.replay.OpenFeed;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.RefusedException;
import dev.pipelinetracker.replay.Tally;
import dev.pipelinetracker.replay.TopicRanges;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A feed's dead-letter topic as it was when this was made, and the {@link Register} of what was dealt with. */
final class OpenLetters {

    /** Letters read at once, which is how many are in memory. */
    static final int BATCH = 500;

    /** So there are no letters, and whatever was dealt with was of a former topic. */
    private static final TopicRanges NO_TOPIC = new TopicRanges("none", Map.of(), Map.of());

    private final OpenFeed feed;
    private final String topic;
    private final TopicRanges ranges;
    private final Register register;

    /** Asks the broker; throws as {@link TopicRanges#of}. */
    OpenLetters(OpenFeed feed, DataSource database) {
        this.feed = feed;
        this.topic = feed.topic() + DeadLetters.TOPIC_SUFFIX;
        this.ranges = isNotMadeYet(feed, topic) ? NO_TOPIC : TopicRanges.of(feed.admin(), topic);
        this.register = new Register(database, topic, ranges.topicId());
    }

    /** Without the feed's own topic it may as well be the wrong broker. */
    private static boolean isNotMadeYet(OpenFeed feed, String topic) {
        return !feed.knows(topic) && feed.knows(feed.topic());
    }

    /** For people: that so many are open. */
    String told(long open) {
        return "%,d open dead letters of %s%s"
                .formatted(
                        open,
                        feed.name(),
                        ranges.equals(NO_TOPIC) ? ": there is no topic %s yet".formatted(topic) : "");
    }

    /** The dead-letter topic. */
    String topic() {
        return topic;
    }

    Register register() {
        return register;
    }

    /** Forgets what was dealt with and is no longer in the topic. */
    void prune() {
        register.prune(ranges.starts());
    }

    /** Puts a redrive of these, which is over, on record. */
    void noteRedrive(Tally tally, String status) {
        feed.noteRedrive(topic, ranges.topicId(), tally, status);
    }

    /** Reads all that the topic held, open or not; tells that operator when it waits. */
    Batches read(int mostRecords, Operator operator) {
        return feed.read(topic, ranges.starts(), ranges.ends(), mostRecords, operator);
    }

    /** Of these the open ones that are meant, in the order given. */
    List<Letter> open(List<ConsumerRecord<byte[], byte[]>> polled, LetterFilter filter) {
        List<Letter> meant =
                polled.stream().map(Letter::new).filter(filter::accepts).toList();
        Set<Place> settled = meant.isEmpty() ? Set.of() : register.settledOf(Letter.places(meant));
        return meant.stream()
                .filter(letter -> !settled.contains(letter.place()))
                .toList();
    }

    /** Shows the open ones that are meant, each partition's oldest first. */
    void forEach(LetterFilter filter, Operator operator, Consumer<Letter> open) {
        try (Batches batches = read(BATCH, operator)) {
            while (!batches.isFinished()) {
                open(batches.read().records(), filter).forEach(open);
            }
        }
    }

    /** The one at that place, open or not; throws RefusedException if there is none. */
    Letter at(Place place, Operator operator) {
        List<Letter> found = new ArrayList<>();
        if (ranges.holds(place.partition(), place.offset())) {
            Map<Integer, Long> next = Map.of(place.partition(), place.offset());
            Map<Integer, Long> end = Map.of(place.partition(), place.offset() + 1);
            try (Batches batches = feed.read(topic, next, end, 1, operator)) {
                while (!batches.isFinished()) {
                    batches.read().records().forEach(polled -> found.add(new Letter(polled)));
                }
            }
        }
        return found.stream()
                .findFirst()
                .orElseThrow(() -> new RefusedException("%s holds no letter %s. See `dead-letters list --feed %s`."
                        .formatted(topic, place, feed.name())));
    }
}

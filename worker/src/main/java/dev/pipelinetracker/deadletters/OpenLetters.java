package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.engine.DeadLetters;
import dev.pipelinetracker.replay.Batches;
import dev.pipelinetracker.replay.OpenFeed;
import dev.pipelinetracker.replay.RefusedException;
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

    private final OpenFeed feed;
    private final String topic;
    private final TopicRanges ranges;
    private final Register register;

    /** Asks the broker; throws as {@link TopicRanges#of}. */
    OpenLetters(OpenFeed feed, DataSource database) {
        this.feed = feed;
        this.topic = feed.topic() + DeadLetters.TOPIC_SUFFIX;
        this.ranges = TopicRanges.of(feed.admin(), topic);
        this.register = new Register(database, topic, ranges.topicId());
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

    /** Shows the open ones that are meant, each partition's oldest first. */
    void forEach(LetterFilter filter, Consumer<Letter> open) {
        Set<Place> settled = register.settled();
        try (Batches batches = feed.read(topic, ranges.starts(), ranges.ends(), Batches.MOST)) {
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

    /** The open ones that are meant. */
    List<Letter> all(LetterFilter filter) {
        List<Letter> letters = new ArrayList<>();
        forEach(filter, letters::add);
        return letters;
    }

    /** The one at that place, open or not; throws RefusedException if there is none. */
    Letter at(Place place) {
        List<Letter> found = new ArrayList<>();
        if (ranges.holds(place.partition(), place.offset())) {
            Map<Integer, Long> next = Map.of(place.partition(), place.offset());
            Map<Integer, Long> end = Map.of(place.partition(), place.offset() + 1);
            try (Batches batches = feed.read(topic, next, end, 1)) {
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

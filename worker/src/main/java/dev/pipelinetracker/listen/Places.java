package dev.pipelinetracker.listen;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.ConsumerAwareRebalanceListener;

/**
 * The partitions that a feed's consumers in this worker have been assigned, each with the consumer that got it last. Safe
 * for several threads; what is called a consumer's own is that of the calling thread.
 */
final class Places implements ConsumerAwareRebalanceListener {

    private static final Logger log = LoggerFactory.getLogger(Places.class);

    private static final Duration BROKER_TIMEOUT = Duration.ofSeconds(2);

    private final InstantSource clock;
    private final Duration looks;
    private final BiFunction<Collection<TopicPartition>, OffsetSpec, Map<TopicPartition, Long>> bounds;
    private final java.util.function.Consumer<Gap> gaps;
    private final java.util.function.Consumer<TopicPartition> released;
    private final Unanswered quiet = new Unanswered();
    private final Map<TopicPartition, Place> assigned = new ConcurrentHashMap<>();

    /**
     * The records of one partition in a polled batch, by ascending offset.
     *
     * @param place null if another of this worker's consumers has got the partition meanwhile
     */
    record Hand(TopicPartition key, @Nullable Place place, List<ConsumerRecord<byte[], byte[]>> records) {

        long first() {
            return records.get(0).offset();
        }
    }

    /**
     * @param looks how often the broker is asked for the ends of the logs
     * @param bounds tells where logs start or end, as far as the broker answers in time, counting what open transactions
     *     have written
     * @param gaps is told of offsets that are gone
     * @param released is told of each partition that goes away, or begins anew
     */
    Places(
            InstantSource clock,
            Duration looks,
            BiFunction<Collection<TopicPartition>, OffsetSpec, Map<TopicPartition, Long>> bounds,
            java.util.function.Consumer<Gap> gaps,
            java.util.function.Consumer<TopicPartition> released) {
        this.clock = clock;
        this.looks = looks;
        this.bounds = bounds;
        this.gaps = gaps;
        this.released = released;
    }

    Collection<Place> all() {
        return assigned.values();
    }

    /** The partition, if it is the consumer's own. */
    @Nullable
    Place own(TopicPartition key) {
        Place place = assigned.get(key);
        return place != null && place.isConsumedBy(Thread.currentThread()) ? place : null;
    }

    /** All of the consumer's own. */
    List<Place> own() {
        return assigned.values().stream()
                .filter(place -> place.isConsumedBy(Thread.currentThread()))
                .toList();
    }

    /** Divides a batch of the consumer's own: it has the records of a partition in one piece. */
    List<Hand> hands(List<ConsumerRecord<byte[], byte[]>> polled) {
        List<Hand> hands = new ArrayList<>();
        int from = 0;
        for (int to = 1; to <= polled.size(); to++) {
            if (to == polled.size()
                    || polled.get(to).partition() != polled.get(from).partition()) {
                TopicPartition key = new TopicPartition(
                        polled.get(from).topic(), polled.get(from).partition());
                hands.add(new Hand(key, own(key), polled.subList(from, to)));
                from = to;
            }
        }
        return hands;
    }

    /** Those that are the consumer's own still. */
    static void each(List<Hand> hands, BiConsumer<Place, List<ConsumerRecord<byte[], byte[]>>> action) {
        for (Hand hand : hands) {
            Place place = hand.place();
            if (place != null) {
                action.accept(place, hand.records());
            }
        }
    }

    @Override
    public void onPartitionsAssigned(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        Map<Place, Long> anew = new HashMap<>();
        for (TopicPartition key : partitions) {
            Place place = new Place(key, Thread.currentThread(), gaps, looks, clock.millis());
            assigned.put(key, place);
            anew.put(place, Place.UNKNOWN);
        }
        try {
            place(consumer, anew).forEach(place -> consumer.seek(place.key(), place.next()));
        } catch (KafkaException e) {
            // the broker does not answer now: each partition asks again, with its first records or without any
            log.debug("not known where to start", e);
        }
    }

    @Override
    public void onPartitionsRevokedBeforeCommit(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        release(partitions);
    }

    @Override
    public void onPartitionsLost(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        release(partitions);
    }

    private void release(Collection<TopicPartition> partitions) {
        partitions.forEach(key -> {
            Place place = own(key);
            // who hears late of a loss must not take it from whoever has it now
            if (place != null && assigned.remove(key, place)) {
                released.accept(key);
            }
        });
    }

    /**
     * Whether the polled records are the next ones to process. If not, because their log is not what it was, the consumer
     * was sent to the log's start, and will poll all of them again.
     *
     * @throws KafkaException if the broker does not tell in time; the consumer was sent back, and will poll them again
     */
    boolean isInPlace(Consumer<?, ?> consumer, List<ConsumerRecord<byte[], byte[]>> polled) {
        List<Hand> hands = hands(polled);
        Map<Place, Long> unexpected = new HashMap<>();
        for (Hand hand : hands) {
            Place place = hand.place();
            if (place != null && !place.expects(hand.first())) {
                unexpected.put(place, hand.first());
            }
        }
        boolean inPlace = false;
        try {
            inPlace = place(consumer, unexpected).isEmpty();
        } finally {
            if (inPlace) {
                each(hands, (place, records) -> place.taken());
            } else {
                hands.forEach(hand -> {
                    // not simply to what was polled: some may have been sent elsewhere before, or just now
                    long next =
                            hand.place() == null ? Place.UNKNOWN : hand.place().next();
                    consumer.seek(hand.key(), next == Place.UNKNOWN ? hand.first() : Math.min(hand.first(), next));
                });
            }
        }
        return inPlace;
    }

    /**
     * Asks where to go on. All answers come before any is applied: a time-out leaves all as they were.
     *
     * @param found where each consumer is, or unknown: then it is where its group has committed
     * @return those that are to go on elsewhere
     */
    private List<Place> place(Consumer<?, ?> consumer, Map<Place, Long> found) {
        if (found.isEmpty()) {
            return List.of();
        }
        Set<TopicPartition> keys = found.keySet().stream().map(Place::key).collect(Collectors.toSet());
        Set<TopicPartition> anew = found.keySet().stream()
                .filter(place -> place.next() == Place.UNKNOWN)
                .map(Place::key)
                .collect(Collectors.toSet());
        Map<TopicPartition, OffsetAndMetadata> group =
                anew.isEmpty() ? Map.of() : consumer.committed(anew, BROKER_TIMEOUT);
        // a consumer that is further on than expected, as behind a transaction's marker, is in the same log: its end
        // tells nothing
        Set<TopicPartition> doubted = found.entrySet().stream()
                .filter(place -> !place.getKey().isPassedBy(place.getValue()))
                .map(place -> place.getKey().key())
                .collect(Collectors.toSet());
        Map<TopicPartition, Long> starts = ask(keys, OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = doubted.isEmpty() ? Map.of() : ask(doubted, OffsetSpec.latest());
        List<Place> elsewhere = new ArrayList<>();
        found.forEach((place, at) -> {
            TopicPartition key = place.key();
            OffsetAndMetadata known = group.get(key);
            Long committed = known == null ? null : known.offset();
            long before = place.next();
            place.placed(
                    at,
                    committed,
                    Objects.requireNonNull(starts.get(key)),
                    ends.getOrDefault(key, Long.MAX_VALUE),
                    clock.millis());
            if (place.next() < before) {
                // what was remembered of these offsets may be of other records
                released.accept(key);
            }
            if (!place.expects(at == Place.UNKNOWN && committed != null ? committed : at)) {
                elsewhere.add(place);
            }
        });
        return elsewhere;
    }

    private Map<TopicPartition, Long> ask(Set<TopicPartition> keys, OffsetSpec which) {
        Map<TopicPartition, Long> told = bounds.apply(keys, which);
        if (!told.keySet().containsAll(keys)) {
            throw new TimeoutException("the broker does not tell where the logs of all of %s are".formatted(keys));
        }
        return told;
    }

    /**
     * A partition has nothing more to poll. While the broker does not answer, one of a consumer's partitions asks at a
     * time: all of them in a row would keep it from polling, and from stopping, for the sum of their time-outs.
     *
     * @return whether what waited there is gone, which ends its wait
     */
    boolean idle(TopicPartition idle, Consumer<?, ?> consumer) {
        Place place = own(idle);
        if (place == null || !quiet.mayAsk(idle, clock.millis())) {
            return false;
        }
        try {
            long at = place.next() == Place.UNKNOWN ? Place.UNKNOWN : consumer.position(idle, BROKER_TIMEOUT);
            if (!place.expects(at)) {
                place(consumer, Map.of(place, at)).forEach(astray -> consumer.seek(idle, astray.next()));
            }
        } catch (KafkaException e) {
            quiet.unanswered(idle, clock.millis());
            log.debug("the broker does not answer; the next time it may", e);
            return false;
        }
        return place.endWait();
    }

    /**
     * Commits where an idle partition is, if there is a gap before, so that who gets it next does not tell it again.
     *
     * @param areRecorded whether the gaps that were told are on record: nothing is committed before
     */
    void commitBehindGap(TopicPartition idle, Consumer<?, ?> consumer, BooleanSupplier areRecorded) {
        Place place = own(idle);
        long next = place == null ? Place.UNKNOWN : place.toCommit();
        if (place == null
                || next == Place.UNKNOWN
                || !areRecorded.getAsBoolean()
                || !quiet.mayAsk(idle, clock.millis())) {
            return;
        }
        try {
            consumer.commitSync(Map.of(idle, new OffsetAndMetadata(next)), BROKER_TIMEOUT);
            place.committed(next);
        } catch (KafkaException e) {
            quiet.unanswered(idle, clock.millis());
            log.debug("not committed behind a gap; the next time it may be", e);
        }
    }
}

package dev.pipelinetracker.local;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Delivers the way a network of jobs does: most things at once, some late and so out of order, some twice, none never.
 *
 * @param <T> what is delivered
 */
final class UnreliableDelivery<T> {

    private static final double SHARE_LATE = 0.03;
    private static final double SHARE_TWICE = 0.03;
    private static final int MOST_STEPS_LATE = 200;

    private final RandomGenerator random;
    private final List<Held<T>> held = new ArrayList<>();

    UnreliableDelivery(RandomGenerator random) {
        this.random = random;
    }

    /** Takes one in and says what arrives now: it, or nothing, or others that were held back, too. */
    List<T> pass(T item) {
        List<T> arriving = new ArrayList<>();
        held.replaceAll(late -> new Held<>(late.item, late.stepsLeft - 1));
        held.removeIf(late -> late.stepsLeft <= 0 && arriving.add(late.item));
        double fate = random.nextDouble();
        if (fate >= SHARE_LATE) {
            arriving.add(item);
        }
        if (fate < SHARE_LATE + SHARE_TWICE) {
            held.add(new Held<>(item, random.nextInt(1, MOST_STEPS_LATE)));
        }
        return arriving;
    }

    /** Gives out all that is held back. */
    List<T> flush() {
        List<T> arriving = held.stream().map(Held::item).toList();
        held.clear();
        return arriving;
    }

    private record Held<T>(T item, int stepsLeft) {}
}

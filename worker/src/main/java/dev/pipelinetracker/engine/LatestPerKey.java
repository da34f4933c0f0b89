package dev.pipelinetracker.engine;

import dev.pipelinetracker.engine.Outcome.Reason;
import dev.pipelinetracker.engine.Outcome.Rejected;
import dev.pipelinetracker.engine.Outcome.Stored;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Folds a batch to the newest event of each key, by the feed's order, not by arrival; of equal ones the first to arrive.
 * The others are kept until the newest is stored: when the database refuses it, the next newest is offered, so that a
 * bad event never shadows a good one.
 *
 * <p>It sorts and does not hash: the statement wants its rows in key order anyway.
 */
final class LatestPerKey<E, K extends Comparable<? super K>> {

    /** An event and its position in the batch. */
    record Candidate<E, K>(int index, K key, E event) {}

    private final Comparator<Candidate<E, K>> order;

    /** In that order once it was asked for the newest: by key, and of each key the newest first. */
    private List<Candidate<E, K>> waiting = new ArrayList<>();

    LatestPerKey(Comparator<E> versionOrder) {
        this.order = (one, other) -> {
            int byKey = one.key().compareTo(other.key());
            return byKey != 0 ? byKey : versionOrder.compare(other.event(), one.event());
        };
    }

    void offer(int index, K key, E event) {
        waiting.add(new Candidate<>(index, key, event));
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** The newest candidate of each key, in key order. */
    List<Candidate<E, K>> newest() {
        // stable, so of equal ones the first to arrive stays first; cheap for what is sorted already
        waiting.sort(order);
        List<Candidate<E, K>> newest = new ArrayList<>(waiting.size());
        Candidate<E, K> before = null;
        for (Candidate<E, K> candidate : waiting) {
            if (before == null || !before.key().equals(candidate.key())) {
                newest.add(candidate);
            }
            before = candidate;
        }
        return newest;
    }

    /**
     * Settles what {@link #newest()} gave, and what that means for the others of the same keys: they are overtaken, or share
     * the unknown organization, or, where the newest was refused, wait to be offered.
     *
     * @param ofNewest what became of each, in their order
     * @param outcomes by the candidates' positions, to be filled in
     */
    void settle(List<Candidate<E, K>> newest, List<Outcome> ofNewest, Outcome[] outcomes) {
        List<Candidate<E, K>> next = new ArrayList<>(0);
        int key = -1;
        for (Candidate<E, K> candidate : waiting) {
            if (key + 1 < newest.size() && newest.get(key + 1).index() == candidate.index()) {
                key++;
                outcomes[candidate.index()] = ofNewest.get(key);
            } else if (!(ofNewest.get(key) instanceof Rejected rejected)) {
                outcomes[candidate.index()] = Stored.UNCHANGED;
            } else if (rejected.reason() == Reason.UNKNOWN_ORG) {
                // a key's candidates are of one organization
                outcomes[candidate.index()] = rejected;
            } else {
                next.add(candidate);
            }
        }
        waiting = next;
    }
}

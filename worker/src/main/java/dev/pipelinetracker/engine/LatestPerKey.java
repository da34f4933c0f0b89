package dev.pipelinetracker.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Folds a batch to the newest event of each key, by the feed's order, not by arrival; of equal ones the first to arrive.
 * The others are kept until the newest is stored: when the database refuses it, the next newest is offered, so that a
 * bad event never shadows a good one.
 */
final class LatestPerKey<E, K extends Comparable<? super K>> {

    /** An event and its position in the batch. */
    record Candidate<E, K>(int index, K key, E event) {}

    private final Comparator<Candidate<E, K>> age;
    private final Map<K, List<Candidate<E, K>>> candidates = new HashMap<>();

    LatestPerKey(Comparator<E> versionOrder) {
        this.age = Comparator.comparing(Candidate::event, versionOrder);
    }

    void offer(int index, K key, E event) {
        candidates.computeIfAbsent(key, k -> new ArrayList<>(2)).add(new Candidate<>(index, key, event));
    }

    boolean isEmpty() {
        return candidates.isEmpty();
    }

    /** The newest candidate of each key, in key order. */
    List<Candidate<E, K>> newest() {
        List<Candidate<E, K>> newest = new ArrayList<>(candidates.size());
        for (List<Candidate<E, K>> ofOneKey : candidates.values()) {
            // max keeps the first of equals
            newest.add(ofOneKey.size() == 1 ? ofOneKey.get(0) : Collections.max(ofOneKey, age));
        }
        newest.sort(Comparator.comparing(Candidate::key));
        return newest;
    }

    /** Takes out all candidates of a key. */
    List<Candidate<E, K>> takeAll(K key) {
        List<Candidate<E, K>> taken = candidates.remove(key);
        return taken == null ? List.of() : taken;
    }

    /** Takes out one candidate, and leaves the others of its key to be offered. */
    List<Candidate<E, K>> take(Candidate<E, K> candidate) {
        candidates.computeIfPresent(candidate.key(), (key, ofOneKey) -> {
            ofOneKey.remove(candidate);
            return ofOneKey.isEmpty() ? null : ofOneKey;
        });
        return List.of(candidate);
    }
}

package dev.pipelinetracker.faults;

import dev.pipelinetracker.faults.Ledger.RowKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/** What became of all published events, and what is wrong with it. */
final class Account {

    private final long produced;
    private final Map<String, Integer> deadLetters = new TreeMap<>();
    private final List<String> complaints = new ArrayList<>();
    private long rows;
    private int repeated;
    private int lost;
    private int goodDeadLettered;
    private int wentBack;

    Account(long produced) {
        this.produced = produced;
    }

    /** Of a feed: each row is there, of the version that it should be. */
    void rows(Kind kind, Map<RowKey, Integer> found, Map<RowKey, Integer> wanted) {
        rows += found.size();
        lost += compare(kind + " row", found, wanted);
    }

    /** Of a feed: the reasons of each letter, which may have been sent more than once, and those that should be. */
    void deadLetters(Kind kind, Map<String, List<String>> found, Map<String, String> wanted) {
        Map<String, String> once = new TreeMap<>();
        found.forEach((place, reasons) -> {
            once.put(place, reasons.get(0));
            repeated += reasons.size() - 1;
            deadLetters.merge(reasons.get(0), 1, Integer::sum);
            if (!wanted.containsKey(place)) {
                goodDeadLettered++;
            }
        });
        lost += compare(kind + " dead letter", once, wanted);
    }

    /** Rows of which not all columns are of one version. */
    void mixtures(Kind kind, Collection<String> keys) {
        keys.forEach(key -> complaints.add(kind + " row " + key + " is a mixture of versions"));
    }

    /** Rows that were replaced by an older version at any time. */
    void wentBack(Collection<String> keys) {
        wentBack += keys.size();
        keys.forEach(key -> complaints.add(key + " went back in version"));
    }

    /** @return how many are missing, or not what they should be */
    private <K, V> int compare(String what, Map<K, V> found, Map<K, V> wanted) {
        int wrong = 0;
        Set<K> all = new HashSet<>(found.keySet());
        all.addAll(wanted.keySet());
        for (K key : all) {
            if (!Objects.equals(found.get(key), wanted.get(key))) {
                complaints.add(what + " " + key + " is " + found.get(key) + ", should be " + wanted.get(key));
                wrong += wanted.containsKey(key) ? 1 : 0;
            }
        }
        return wrong;
    }

    /** Empty if all is well. */
    List<String> complaints() {
        return complaints;
    }

    int lost() {
        return lost;
    }

    int goodDeadLettered() {
        return goodDeadLettered;
    }

    int wentBack() {
        return wentBack;
    }

    /** By reason. */
    Map<String, Integer> deadLetters() {
        return deadLetters;
    }

    @Override
    public String toString() {
        return """
                  events produced  %,d
                  rows             %,d
                  dead letters     %s, of which sent more than once: %d
                  lost             %d
                  good events dead-lettered  %d
                  rows gone back   %d
                """.formatted(produced, rows, deadLetters, repeated, lost, goodDeadLettered, wentBack);
    }
}

package dev.pipelinetracker.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.ToDoubleFunction;

/** All that was measured, and what follows from it. Each figure is a median over the rounds, each ratio one of ratios. */
final class Report {

    /** A figure that is no drain. */
    record Fact(String part, String what, double value, String unit) {}

    /** A goal, what was reached, and whether that is enough; null if the parts that tell were not run. */
    record Goal(String goal, String reached, boolean met) {}

    private final Map<String, String> environment = new LinkedHashMap<>();
    private final List<Measured> drains = new ArrayList<>();
    private final List<Fact> facts = new ArrayList<>();

    Map<String, String> environment() {
        return environment;
    }

    List<Measured> drains() {
        return drains;
    }

    List<Fact> facts() {
        return facts;
    }

    /** Keeps it, and shows it at once. */
    void add(Measured measured) {
        drains.add(measured);
        System.out.printf(
                "  %d  %-16s %-28s %,9.0f events/s  CPU us/event %5.1f peer %5.1f PostgreSQL %4.1f broker  WAL %,6.0f B/event  batch %,6.0f%n",
                measured.round(),
                measured.load(),
                measured.who(),
                measured.rate(),
                measured.peerCpu(),
                measured.postgresCpu(),
                measured.brokerCpu(),
                measured.walBytes(),
                measured.batch());
    }

    /** Keeps it, and shows it at once. */
    void add(String part, String what, double value, String unit) {
        facts.add(new Fact(part, what, value, unit));
        System.out.printf("     %-16s %-64s %,12.3f %s%n", part, what, value, unit);
    }

    /** Median over the rounds. */
    OptionalDouble median(String load, String who, ToDoubleFunction<Measured> figure) {
        return median(drains.stream()
                .filter(measured ->
                        measured.load().equals(load) && measured.who().equals(who))
                .mapToDouble(figure)
                .toArray());
    }

    /** Median of the facts of that name. */
    OptionalDouble fact(String part, String what) {
        return median(facts.stream()
                .filter(fact -> fact.part().equals(part) && fact.what().equals(what))
                .mapToDouble(Fact::value)
                .toArray());
    }

    /** Median of the rounds' ratios of rates: of one to that of the others whose own median is the best. */
    OptionalDouble rateRatio(String load, String who, String otherLoad, BiPredicate<String, String> others) {
        String other = peersByLoad().getOrDefault(otherLoad, List.of()).stream()
                .filter(candidate -> others.test(candidate, who))
                .reduce("", (slower, faster) -> faster);
        Map<Integer, Double> best = new TreeMap<>();
        drains.stream()
                .filter(measured ->
                        measured.load().equals(otherLoad) && measured.who().equals(other))
                .forEach(measured -> best.put(measured.round(), measured.rate()));
        return median(drains.stream()
                .filter(measured ->
                        measured.load().equals(load) && measured.who().equals(who))
                .filter(measured -> best.containsKey(measured.round()))
                .mapToDouble(measured -> measured.rate() / best.getOrDefault(measured.round(), Double.NaN))
                .toArray());
    }

    /** The loads that were drained, and who drained them, in the order they came. */
    Map<String, List<String>> peersByLoad() {
        Map<String, List<String>> peers = new LinkedHashMap<>();
        for (Measured measured : drains) {
            List<String> ofLoad = peers.computeIfAbsent(measured.load(), load -> new ArrayList<>());
            if (!ofLoad.contains(measured.who())) {
                ofLoad.add(measured.who());
            }
        }
        peers.forEach((load, who) -> who.sort(Comparator.comparingDouble(
                name -> -median(load, name, Measured::rate).orElse(0))));
        return peers;
    }

    static OptionalDouble median(double... values) {
        double[] sorted = values.clone();
        java.util.Arrays.sort(sorted);
        if (sorted.length == 0) {
            return OptionalDouble.empty();
        }
        int half = sorted.length / 2;
        return OptionalDouble.of(sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2);
    }
}

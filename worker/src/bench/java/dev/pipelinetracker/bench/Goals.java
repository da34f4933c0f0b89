package dev.pipelinetracker.bench;

import dev.pipelinetracker.bench.Report.Goal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** What was aimed at, beside what was reached. Never an assertion: the machine has its say. */
final class Goals {

    private static final String WORKER = "worker";
    private static final String SINK = "Debezium JDBC sink";
    private static final String NAIVE = "one row at a time";

    private final Report report;
    private final Scale scale;
    private final List<Goal> goals = new ArrayList<>();

    private Goals(Report report, Scale scale) {
        this.report = report;
        this.scale = scale;
    }

    /** Those that the parts which were run can tell of. */
    static List<Goal> of(Report report, Scale scale) {
        Goals goals = new Goals(report, scale);
        goals.throughput();
        goals.cpu();
        goals.again();
        goals.growth();
        goals.memory();
        goals.latency();
        return goals.goals;
    }

    /** Events per second of the raw statement, over its best number of connections. */
    static OptionalDouble ceiling(Report report, String load) {
        return report.peersByLoad().getOrDefault(load, List.of()).stream()
                .filter(Goals::isRaw)
                .mapToDouble(who -> report.median(load, who, Measured::rate).orElse(0))
                .max();
    }

    private void throughput() {
        atLeast(
                0.95,
                "x the raw statement, runs",
                report.rateRatio("runs", WORKER, "runs", (who, other) -> isRaw(who)));
        atLeast(
                0.9,
                "x the raw statement, 2 KB charts",
                report.rateRatio("2 KB charts", WORKER, "2 KB charts", (who, other) -> isRaw(who)));
        for (String load : List.of("runs", "2 KB charts")) {
            atLeast(
                    3,
                    "x Debezium's JDBC sink, " + load,
                    report.rateRatio(load, WORKER, load, (who, other) -> who.equals(SINK)));
            atLeast(
                    20,
                    "x one row at a time, " + load,
                    report.rateRatio(load, WORKER, load, (who, other) -> who.equals(NAIVE)));
        }
    }

    private void cpu() {
        OptionalDouble worker = report.median("runs", WORKER, Measured::peerCpu);
        OptionalDouble share = report.median("runs", WORKER, measured -> measured.peerCpu() / measured.postgresCpu());
        atMost(5, "us of the worker's CPU per run event", worker);
        atMost(0.25, "of PostgreSQL's CPU", share);
    }

    private void again() {
        atLeast(
                2,
                "x the first time, runs that are stored already",
                report.rateRatio("runs again", WORKER, "runs", (who, other) -> who.equals(other)));
        // the server's own records of running transactions, every 15 s, are not the worker's
        atMost(0.05, "bytes of WAL per event then", report.median("runs again", WORKER, Measured::walBytes));
        atMost(0, "ids used then", report.fact("runs again", "sequence values used"));
    }

    private void growth() {
        for (String identifiers : List.of("random ids", "time-ordered ids")) {
            OptionalDouble small = report.median(
                    GrowthPart.load(identifiers, scale.smallHistory()), WORKER, measured -> 1e6 / measured.rate());
            OptionalDouble large = report.median(
                    GrowthPart.load(identifiers, scale.largeHistory()), WORKER, measured -> 1e6 / measured.rate());
            atMost(
                    1.3,
                    "x the time per event, beside %,d rows instead of %,d, %s"
                            .formatted(scale.largeHistory(), scale.smallHistory(), identifiers),
                    ratio(large, small));
        }
        for (String query : GrowthPart.COMMON_QUERIES.keySet()) {
            atMost(
                    1.5,
                    "x the time of the query: " + query,
                    ratio(
                            report.fact("growth", GrowthPart.fact(query, scale.largeHistory(), "random ids")),
                            report.fact("growth", GrowthPart.fact(query, scale.smallHistory(), "random ids"))));
        }
    }

    private void memory() {
        int most = MemoryPart.most(scale);
        atMost(
                1.1,
                "x the resident memory for 16 x the backlog of charts",
                ratio(
                        report.fact("memory", MemoryPart.peak(most, DrainPart.HEAP)),
                        report.fact("memory", MemoryPart.peak(most / 16, DrainPart.HEAP))));
        atLeast(
                0.95,
                "x the speed with a heap of 1 GB, 2 KB charts",
                ratio(
                        report.fact("memory", MemoryPart.time(most, MemoryPart.LARGE_HEAP)),
                        report.fact("memory", MemoryPart.time(most, DrainPart.HEAP))));
    }

    private void latency() {
        OptionalDouble single = report.fact("latency", "commit of a single row, idle, p99");
        OptionalDouble poll = report.fact("latency", "append to poll, no database, p99");
        OptionalDouble event = report.fact("latency", "append to commit, p99");
        if (single.isPresent() && poll.isPresent() && event.isPresent()) {
            double allowed = 3 * single.getAsDouble() + poll.getAsDouble();
            atMost(
                    allowed,
                    "ms from append to commit, p99, at half the ceiling (3 x a single row's commit + the wait for a poll)",
                    event);
        }
    }

    private void atLeast(double goal, String what, OptionalDouble reached) {
        reached.ifPresent(
                value -> goals.add(new Goal("at least " + number(goal) + " " + what, number(value), value >= goal)));
    }

    private void atMost(double goal, String what, OptionalDouble reached) {
        reached.ifPresent(
                value -> goals.add(new Goal("at most " + number(goal) + " " + what, number(value), value <= goal)));
    }

    private static OptionalDouble ratio(OptionalDouble one, OptionalDouble other) {
        return one.isPresent() && other.isPresent()
                ? OptionalDouble.of(one.getAsDouble() / other.getAsDouble())
                : OptionalDouble.empty();
    }

    private static boolean isRaw(String who) {
        return who.startsWith("raw");
    }

    private static String number(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, "%.2f", value);
    }
}

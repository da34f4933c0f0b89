package dev.pipelinetracker.replay;

import dev.pipelinetracker.support.RunningWorker;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What {@code tracker_event_latency_seconds} says of the events since a moment, in buckets finer than the worker's own. */
final class LiveLatency {

    private static final Pattern BUCKET =
            Pattern.compile("tracker_event_latency_seconds_bucket\\{feed=\"pipeline-runs\",le=\"([^\"]+)\"\\} (\\S+)");

    private final RunningWorker worker;
    private final Map<Double, Double> before;

    private LiveLatency(RunningWorker worker) {
        this.worker = worker;
        this.before = buckets(worker);
    }

    /** To be given to the worker: a bucket for each millisecond up to 100, then for each ten up to two seconds. */
    static String fineBuckets() {
        return "management.metrics.distribution.slo.tracker.event.latency="
                + IntStream.concat(
                                IntStream.rangeClosed(1, 100),
                                IntStream.rangeClosed(11, 200).map(tens -> tens * 10))
                        .mapToObj(millis -> millis + "ms")
                        .collect(Collectors.joining(","));
    }

    static LiveLatency from(RunningWorker worker) {
        return new LiveLatency(worker);
    }

    /** The bound in milliseconds below which that part of the events since then is; infinite beyond the buckets. */
    double millis(double quantile) {
        Map<Double, Double> now = buckets(worker);
        double all =
                now.getOrDefault(Double.POSITIVE_INFINITY, 0.0) - before.getOrDefault(Double.POSITIVE_INFINITY, 0.0);
        for (Map.Entry<Double, Double> bucket : now.entrySet()) {
            if (bucket.getValue() - before.getOrDefault(bucket.getKey(), 0.0) >= quantile * all) {
                return bucket.getKey() * 1_000;
            }
        }
        throw new IllegalStateException("no buckets");
    }

    private static Map<Double, Double> buckets(RunningWorker worker) {
        Map<Double, Double> buckets = new TreeMap<>();
        Matcher found = BUCKET.matcher(worker.get("/actuator/prometheus").body());
        while (found.find()) {
            String bound = found.group(1);
            buckets.put(
                    bound.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(bound),
                    Double.parseDouble(found.group(2)));
        }
        return buckets;
    }
}

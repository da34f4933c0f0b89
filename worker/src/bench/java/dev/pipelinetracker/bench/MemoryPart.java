package dev.pipelinetracker.bench;

import java.util.List;

/** A fresh worker for backlogs of charts of several sizes, and one with three times the heap: what they take. */
final class MemoryPart implements Part {

    /** More than it needs. */
    static final String LARGE_HEAP = "-Xmx1g";

    private static final String PART = "memory";

    @Override
    public void run(Context context) {
        int most = most(context.scale());
        for (int events : new int[] {most / 16, most / 4, most}) {
            drain(context, DrainPart.HEAP, events);
        }
        drain(context, LARGE_HEAP, most);
    }

    /** The largest backlog. */
    static int most(Scale scale) {
        return 2 * scale.chartEvents();
    }

    /** The name of a figure. */
    static String peak(int events, String heap) {
        return what(events, heap) + "peak RSS";
    }

    /** The name of a figure. */
    static String time(int events, String heap) {
        return what(events, heap) + "from start to end";
    }

    private static String what(int events, String heap) {
        return String.format("%,d charts of 2 KB, %s: ", events, heap);
    }

    private static void drain(Context context, String heap, int events) {
        Stage stage = context.stage();
        String topic = "bench.memory" + heap + "." + events;
        stage.createTopic(topic);
        try {
            Backlog backlog = context.backlogs().charts(events);
            stage.send(backlog, topic);
            stage.sql().sql("TRUNCATE analytics_visualizations").update();
            try (WorkerPeer worker = new WorkerPeer(stage, "visualizations", topic, List.of(heap), List.of())) {
                long start = System.nanoTime();
                new Drain(stage).awaitEnd(worker, stage.end(topic));
                double seconds = (System.nanoTime() - start) / 1e9;
                String what = what(events, heap);
                Report report = context.report();
                report.add(PART, time(events, heap), seconds, "s");
                report.add(PART, peak(events, heap), (double) ProcessUse.peakResidentMb(worker.pid()), "MB");
                report.add(PART, what + "longest GC pause", worker.metric("jvm_gc_pause_seconds_max") * 1000, "ms");
                report.add(
                        PART, what + "GC", worker.metric("jvm_gc_pause_seconds_sum") / seconds * 100, "% of the time");
            }
        } finally {
            stage.deleteTopic(topic);
        }
    }
}

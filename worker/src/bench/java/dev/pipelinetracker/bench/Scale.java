package dev.pipelinetracker.bench;

/**
 * How much is measured.
 *
 * @param rounds how often each drain is repeated, the peers taking turns
 * @param runEvents run events of a backlog, two per run
 * @param chartEvents charts of a backlog
 * @param naiveEvents events of a backlog for the naive consumer, which would need minutes for the others'
 * @param warmUpEvents events that each peer drains before the first round
 * @param smallHistory rows beside which the cost per event is the measure
 * @param largeHistory rows beside which it must not be much more
 * @param growthEvents run events of each drain beside them
 * @param growthRounds how often that is repeated
 * @param latencySeconds how long the load lasts under which latency is taken
 * @param loneEvents how many events are sent one at a time
 * @param starts how often each way to start is tried
 */
record Scale(
        int rounds,
        int runEvents,
        int chartEvents,
        int naiveEvents,
        int warmUpEvents,
        int smallHistory,
        int largeHistory,
        int growthEvents,
        int growthRounds,
        int latencySeconds,
        int loneEvents,
        int starts) {

    /** A drain of 8 s and more, after a warm-up that the JVM's compilers have come to the end of. */
    static final Scale FULL = new Scale(3, 600_000, 96_000, 9_000, 360_000, 100_000, 10_000_000, 144_000, 3, 30, 30, 3);

    static final Scale QUICK = new Scale(1, 144_000, 12_000, 2_400, 48_000, 20_000, 200_000, 48_000, 1, 8, 10, 1);
}

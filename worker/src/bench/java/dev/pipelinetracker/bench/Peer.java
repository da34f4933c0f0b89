package dev.pipelinetracker.bench;

/** A consumer that runs in a process of its own and stores one topic's events. */
interface Peer extends AutoCloseable {

    String name();

    /** Its settings, for the report: its best, not its defaults. */
    String settings();

    /** The topic that it consumes. */
    String topic();

    /** The group whose committed offsets tell how far it is. */
    String group();

    long pid();

    /** Records and batches that it has written so far; both 0 if it does not tell. */
    default Batches batches() {
        return new Batches(0, 0);
    }

    /** Ends its process. */
    @Override
    void close();

    /** Sums since its start. */
    record Batches(double records, double batches) {}
}

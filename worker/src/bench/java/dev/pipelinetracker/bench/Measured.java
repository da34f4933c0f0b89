package dev.pipelinetracker.bench;

/**
 * One drain, or one run of the raw statement.
 *
 * @param load what was drained
 * @param who which peer
 * @param round from 1
 * @param events how many
 * @param seconds from the moment that the database could be written to, to the commit of the last offset
 * @param peerCpu microseconds of CPU per event, of the peer's process
 * @param postgresCpu the same of PostgreSQL, all its processes
 * @param brokerCpu the same of the broker
 * @param walBytes bytes of WAL per event
 * @param batch mean number of events that were written together; NaN if not known
 * @param peakMb the peer's largest resident memory so far
 */
record Measured(
        String load,
        String who,
        int round,
        int events,
        double seconds,
        double peerCpu,
        double postgresCpu,
        double brokerCpu,
        double walBytes,
        double batch,
        long peakMb) {

    double rate() {
        return events / seconds;
    }
}

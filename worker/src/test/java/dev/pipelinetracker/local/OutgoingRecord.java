package dev.pipelinetracker.local;

/** A record as it is about to be sent; the arrays are not copied and not changed. */
@SuppressWarnings("ArrayRecordComponent")
record OutgoingRecord(String topic, byte[] key, byte[] value) {}

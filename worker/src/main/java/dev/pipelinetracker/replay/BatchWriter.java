package dev.pipelinetracker.replay;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What a run does with the records it reads: {@link CommitWithCheckpoint}, {@link TryOut} or {@link Comparison}. */
interface BatchWriter {

    /** How far a run has come. */
    record Position(Map<Integer, Long> next, Tally tally) {}

    /**
     * Processes a batch.
     *
     * @param records the wanted ones, perhaps none
     * @param reached the offsets after the batch, and the counts before its outcomes; they are added to it
     */
    void write(List<ConsumerRecord<byte[], byte[]>> records, Position reached);

    /** After a fault, whatever became of the last batch: where to go on, if {@code reached} was known to be written. */
    default Position durable(Position reached) {
        return reached;
    }

    /** What the operator does when a fault does not pass and is mended. */
    String advice();
}

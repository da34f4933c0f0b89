package dev.pipelinetracker.replay;

import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Writes each batch as a replay would, and rolls it back. So a row that two batches touch is counted twice as the database
 * stands now; a replay would count the second as updated or unchanged.
 */
final class RollBack implements BatchWriter {

    private final TryOut tryOut;

    RollBack(TryOut tryOut) {
        this.tryOut = tryOut;
    }

    @Override
    public void write(List<ConsumerRecord<byte[], byte[]>> records, Position reached) {
        reached.tally().add(tryOut.outcomes(records));
    }

    @Override
    public String advice() {
        return "run it again";
    }
}

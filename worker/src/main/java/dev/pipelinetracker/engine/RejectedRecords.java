package dev.pipelinetracker.engine;

import java.util.List;

/** Where a driver of the engine wants rejected records to go: live ones go to the {@link DeadLetters}. */
@FunctionalInterface
public interface RejectedRecords {

    /**
     * Called once per batch, after its rows were written, with none, some or all of its records. Returns when what is to
     * become of them is durable, or will be with the caller's transaction.
     *
     * @throws WorldFault if it cannot be made durable now
     */
    void settle(List<RejectedRecord> rejected);
}

package dev.pipelinetracker.publish;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * One execution of a pipeline, from {@code running} to its end. Made by {@link Publisher#start} or {@link Publisher#run}. Safe
 * for use by several threads.
 *
 * <p>Every event carries the run's whole state and a later timestamp than the one before it, so that a lost or late one does
 * no harm as long as the last arrives.
 */
public final class Run implements AutoCloseable {
    private final Publisher publisher;
    private final Pipeline pipeline;
    private final UUID id;
    private final Duration progressInterval;
    private final RisingTime time = new RisingTime(InstantSource.system());
    private final long startedNanos = System.nanoTime();

    private long records;
    private long reportedNanos = startedNanos;
    private boolean ended;

    Run(Publisher publisher, Pipeline pipeline, Duration progressInterval) {
        this.publisher = publisher;
        this.pipeline = pipeline;
        this.progressInterval = progressInterval;
        this.id = UuidV7.at(Instant.now());
    }

    /** The run's {@code pipeline_id}: a UUIDv7. */
    public UUID id() {
        return id;
    }

    /** The last count that was told by {@link #progress}. */
    public synchronized long recordsProcessed() {
        return records;
    }

    /**
     * Tells how far the run is. Call it as often as you like: an event is published at most once per {@link
     * PublisherSettings#progressInterval}, and the last count goes with the run's end.
     *
     * @param recordsProcessed records since the start of the run, 0 to 2147483647
     * @throws IllegalArgumentException if the count is outside of that: the end of the run could not be published with it
     * @throws IllegalStateException if the run has ended
     * @throws PublishException see {@link OnFailure#THROW}
     */
    public synchronized void progress(long recordsProcessed) {
        if (recordsProcessed < 0 || recordsProcessed > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("records_processed: must be 0 to 2147483647");
        }
        requireRunning();
        records = recordsProcessed;
        long now = System.nanoTime();
        if (now - reportedNanos >= NANOSECONDS.convert(progressInterval)) {
            reportedNanos = now;
            var unused = publish(RunStatus.running, null);
        }
    }

    /**
     * Ends the run as {@code completed}.
     *
     * @return done when the broker has it
     * @throws IllegalStateException if the run has ended
     * @throws PublishException see {@link OnFailure#THROW}
     */
    public synchronized CompletableFuture<RecordMetadata> complete() {
        requireRunning();
        ended = true;
        return publish(RunStatus.completed, null);
    }

    /**
     * Ends the run as {@code failed}.
     *
     * @param error its kind and message are what {@code error_message} says; what no text column can hold in them is replaced,
     *     and more than 8,000 characters are cut
     * @return done when the broker has it
     * @throws IllegalStateException if the run has ended
     * @throws PublishException see {@link OnFailure#THROW}
     */
    public synchronized CompletableFuture<RecordMetadata> fail(Throwable error) {
        requireRunning();
        ended = true;
        return publish(RunStatus.failed, ErrorText.of(error));
    }

    /**
     * Ends the run as {@code failed} if neither {@link #complete} nor {@link #fail} has ended it: the block that it was the
     * scope of was left by an exception, which Java does not tell this method.
     *
     * @throws PublishException see {@link OnFailure#THROW}
     */
    @Override
    public synchronized void close() {
        if (!ended) {
            ended = true;
            var unused = publish(RunStatus.failed, "The run was left before it was completed");
        }
    }

    /** Before anybody else has the run. */
    void begin() {
        var unused = publish(RunStatus.running, null);
    }

    synchronized boolean hasEnded() {
        return ended;
    }

    private CompletableFuture<RecordMetadata> publish(RunStatus status, @Nullable String error) {
        return publisher.publish(PipelineRun.newBuilder()
                .setOrgId(pipeline.orgId())
                .setPipelineId(id)
                .setSourceId(pipeline.sourceId())
                .setSourceName(pipeline.sourceName())
                .setStatus(status)
                .setRecordsProcessed(records)
                .setDurationSeconds((System.nanoTime() - startedNanos) / 1e9)
                .setErrorMessage(error)
                .setRunType(pipeline.runType())
                .setTimestamp(time.next())
                .build());
    }

    private void requireRunning() {
        if (ended) {
            throw new IllegalStateException("The run has ended");
        }
    }
}

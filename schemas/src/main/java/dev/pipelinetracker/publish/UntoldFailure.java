package dev.pipelinetracker.publish;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** The first failed delivery that the job has not been told of, for {@link OnFailure#THROW}. */
final class UntoldFailure {
    private final AtomicReference<@Nullable PublishException> failure = new AtomicReference<>();

    /** Remembers the delivery's failure, if it fails. */
    void watch(CompletableFuture<RecordMetadata> delivery) {
        var unused = delivery.whenComplete((place, problem) -> {
            if (problem != null) {
                failure.compareAndSet(
                        null,
                        problem instanceof PublishException known
                                ? known
                                : new PublishException("not published: " + problem.getMessage(), problem));
            }
        });
    }

    /**
     * Throws a new exception each time: the future's own may be what the job is failing with just now, and Java refuses to add
     * an exception to itself as suppressed, with another exception in its place.
     *
     * @throws PublishException if there is a failure; it is told then
     */
    void tell() {
        PublishException untold = failure.getAndSet(null);
        if (untold != null) {
            throw new PublishException(String.valueOf(untold.getMessage()), untold.getCause());
        }
    }
}

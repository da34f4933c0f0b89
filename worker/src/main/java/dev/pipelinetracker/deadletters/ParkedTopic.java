package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.replay.FailedException;
import dev.pipelinetracker.replay.RefusedException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;

/** Where hopeless letters of a dead-letter topic go. */
record ParkedTopic(String name) {

    private static final int TIMEOUT_SECONDS = 30;

    static ParkedTopic of(String deadLetterTopic) {
        return new ParkedTopic(deadLetterTopic + ".parked");
    }

    /** Makes it if it is missing, with the broker's defaults; throws RefusedException if that is not possible. */
    void prepare(Admin admin) {
        try {
            admin.createTopics(List.of(new NewTopic(name, Optional.of(1), Optional.empty())))
                    .all()
                    .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new RefusedException(
                        "the topic %s is not there and cannot be created (%s). Create it, then try again."
                                .formatted(name, String.valueOf(e.getCause()).replaceAll(":.*", "")));
            }
        } catch (TimeoutException e) {
            throw new FailedException("the broker does not answer. Check spring.kafka.*, then try again.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailedException("interrupted. Run it again.", e);
        }
    }
}

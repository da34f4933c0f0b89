package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.replay.FailedException;
import dev.pipelinetracker.replay.RefusedException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Where hopeless letters of a dead-letter topic go.
 *
 * @param deadLetters the dead-letter topic
 */
record ParkedTopic(String deadLetters) {

    private static final int TIMEOUT_SECONDS = 30;

    /** What a letter must find there, too, or it does not fit or does not stay. */
    private static final Set<String> INHERITED = Set.of(
            TopicConfig.MAX_MESSAGE_BYTES_CONFIG, TopicConfig.RETENTION_MS_CONFIG, TopicConfig.RETENTION_BYTES_CONFIG);

    static ParkedTopic of(String deadLetterTopic) {
        return new ParkedTopic(deadLetterTopic);
    }

    String name() {
        return deadLetters + ".parked";
    }

    /**
     * Makes it if it is missing, with the dead-letter topic's record limit and retention where those are the topic's own, else
     * with the broker's defaults; throws RefusedException if that is not possible.
     */
    void prepare(Admin admin) {
        try {
            // first, since who may write to it may not be allowed to make it
            if (!isThere(admin)) {
                NewTopic parked = new NewTopic(name(), Optional.of(1), Optional.empty()).configs(inherited(admin));
                await(admin.createTopics(List.of(parked)).all());
            }
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new RefusedException(
                        "the topic %s is not there and cannot be created (%s). Create it, then try again."
                                .formatted(name(), String.valueOf(e.getCause()).replaceAll(":.*", "")));
            }
        } catch (TimeoutException e) {
            throw new FailedException("the broker does not answer. Check spring.kafka.*, then try again.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailedException("interrupted. Run it again.", e);
        }
    }

    private boolean isThere(Admin admin) throws ExecutionException, TimeoutException, InterruptedException {
        try {
            return !await(admin.describeTopics(List.of(name())).allTopicNames()).isEmpty();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return false;
            }
            throw e;
        }
    }

    private Map<String, String> inherited(Admin admin)
            throws ExecutionException, TimeoutException, InterruptedException {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, deadLetters);
        Map<ConfigResource, Config> answer =
                await(admin.describeConfigs(List.of(topic)).all());
        return answer.values().stream()
                .flatMap(config -> config.entries().stream())
                .filter(entry -> entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG)
                .filter(entry -> INHERITED.contains(entry.name()))
                .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value));
    }

    private static <T> T await(KafkaFuture<T> answer)
            throws ExecutionException, TimeoutException, InterruptedException {
        return answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }
}

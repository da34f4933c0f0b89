package dev.pipelinetracker.erasure;

import dev.pipelinetracker.deadletters.LettersOf;
import dev.pipelinetracker.engine.Processors;
import dev.pipelinetracker.replay.FailedException;
import dev.pipelinetracker.replay.FeedLock;
import dev.pipelinetracker.replay.Feeds;
import dev.pipelinetracker.replay.OpenFeed;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.StopSignal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;

/**
 * The feeds' topics, as far as an organization is concerned. Every method that asks the broker throws {@link FailedException} if
 * it does not answer; but how long a topic keeps its records is then not known.
 */
final class TenantTopics implements AutoCloseable {

    private static final int TIMEOUT_SECONDS = 30;

    private final List<OpenFeed> feeds = new ArrayList<>();
    private final List<LettersOf> letters = new ArrayList<>();
    private final List<FeedLock> locks = new ArrayList<>();
    private final Set<String> topics;

    TenantTopics(Feeds feeds, Processors processors, DataSource database, UUID organization, Operator operator) {
        processors
                .all()
                .forEach(processor -> this.feeds.add(feeds.open(processor.feed().name())));
        try {
            this.topics = await(admin().listTopics().names());
        } catch (FailedException e) {
            close();
            throw e;
        }
        this.feeds.forEach(feed -> letters.add(new LettersOf(organization, feed, database, topics, operator)));
    }

    /** Dead letters, dealt with or not, parked or not. */
    List<Remains> ofDeadLetters() {
        List<Remains> remains = new ArrayList<>();
        for (LettersOf each : letters) {
            for (String topic : List.of(each.topic(), each.parkedTopic())) {
                long count = each.count(topic);
                if (count > 0) {
                    remains.add(new Remains(topic, count, howLong(topic)));
                }
            }
        }
        return remains;
    }

    /** Events, which are not counted: a topic may hold billions. */
    List<Remains> ofEvents() {
        return feeds.stream()
                .map(OpenFeed::topic)
                .filter(topics::contains)
                .map(topic -> new Remains(topic, null, howLong(topic)))
                .toList();
    }

    /** Keeps replays and redrives away until this is closed; throws RefusedException if one is running. */
    void lock() {
        feeds.forEach(feed -> locks.add(feed.lock()));
    }

    /** Takes the locks again that were lost with their connections; throws as {@link FeedLock#keep} does. */
    void keepLocks() {
        locks.forEach(FeedLock::keep);
    }

    /** Sees to it that no open letter is offered again, or stops on the way if that is wanted; may be repeated. */
    void settle(String by, String reason, StopSignal stop) {
        for (LettersOf each : letters) {
            if (!stop.isWanted()) {
                long unusedSettled = each.settle(by, reason, stop);
            }
        }
    }

    @Override
    public void close() {
        locks.forEach(FeedLock::close);
        feeds.forEach(OpenFeed::close);
    }

    private Admin admin() {
        return feeds.get(0).admin();
    }

    /** Not known, too, to a broker that does not let us ask: there the erasure itself needs nothing. */
    private HowLong howLong(String topic) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        try {
            return HowLong.of(
                    await(admin().describeConfigs(List.of(resource)).values().get(resource)));
        } catch (FailedException e) {
            return new HowLong.Unknown();
        }
    }

    private static <T> T await(@Nullable KafkaFuture<T> answer) {
        try {
            if (answer == null) {
                throw new FailedException("the broker said nothing of a topic. Try again.");
            }
            return answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new FailedException(
                    "the broker does not answer (%s). Check spring.kafka.*, then try again."
                            .formatted((e.getCause() == null ? e : e.getCause())
                                    .getClass()
                                    .getSimpleName()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailedException("interrupted. Run it again.", e);
        }
    }
}

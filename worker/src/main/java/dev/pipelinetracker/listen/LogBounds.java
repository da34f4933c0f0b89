package dev.pipelinetracker.listen;

import dev.pipelinetracker.engine.WorldFault;
import dev.pipelinetracker.listen.Listening.LiveFeed;
import dev.pipelinetracker.listen.Listening.LiveFeeds;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.scheduling.annotation.Scheduled;

/**
 * Asks the broker where the logs of the assigned partitions start and end. Consumers know it too, but not while they
 * wait: a paused partition is not fetched, and that is when lag matters, and when retention may delete what is still to be
 * processed.
 */
class LogBounds implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LogBounds.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    /** How long the end of a client may take: by default it takes as long as the broker is away. */
    private static final Duration LONGEST_CLOSE = Duration.ofSeconds(1);

    private final Admin admin;
    private final LiveFeeds feeds;

    /** Asks for the partitions of those feeds; the admin client is closed with this. */
    LogBounds(Admin admin, LiveFeeds feeds) {
        this.admin = admin;
        this.feeds = feeds;
    }

    @Override
    public void close() {
        admin.close(LONGEST_CLOSE);
    }

    /** Of a partition for which the broker does not answer, the last known bounds stay. */
    @Scheduled(fixedDelayString = "${tracker.lag-interval:2s}")
    void look() throws InterruptedException {
        Set<TopicPartition> partitions = new HashSet<>();
        Map<TopicPartition, Long> places = new HashMap<>();
        for (LiveFeed feed : feeds.all()) {
            partitions.addAll(feed.progress().partitions());
            places.putAll(feed.progress().places());
        }
        if (partitions.isEmpty()) {
            return;
        }
        ListOffsetsResult asked = ask(admin, partitions, OffsetSpec.latest());
        Map<TopicPartition, Long> starts = answered(ask(admin, partitions, OffsetSpec.earliest()), partitions);
        Map<TopicPartition, Long> ends = answered(asked, partitions);
        for (LiveFeed feed : feeds.all()) {
            feed.progress().findGaps(places, starts, ends);
            feed.progress().ends(ends);
            record(feed);
        }
    }

    /** Asks where logs start or end, for 5 s at most. */
    static ListOffsetsResult ask(Admin admin, Set<TopicPartition> partitions, OffsetSpec which) {
        Map<TopicPartition, OffsetSpec> each = new HashMap<>();
        partitions.forEach(partition -> each.put(partition, which));
        ListOffsetsOptions options = new ListOffsetsOptions(IsolationLevel.READ_COMMITTED);
        return admin.listOffsets(each, options.timeoutMs((int) TIMEOUT.toMillis()));
    }

    /** Each by itself: a partition without a leader must not hide the others. */
    static Map<TopicPartition, Long> answered(ListOffsetsResult asked, Set<TopicPartition> partitions)
            throws InterruptedException {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (TopicPartition partition : partitions) {
            try {
                // all are bounded by the request's time-out, and end together
                offsets.put(partition, asked.partitionResult(partition).get().offset());
            } catch (ExecutionException e) {
                log.debug("bounds of {} not known: {}", partition, e.getCause());
            }
        }
        return offsets;
    }

    private static void record(LiveFeed feed) {
        try {
            feed.gaps().record();
        } catch (WorldFault e) {
            log.debug("gaps are recorded later", e);
        }
    }
}

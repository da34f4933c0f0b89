package dev.pipelinetracker.listen;

import dev.pipelinetracker.listen.Listening.LiveFeed;
import dev.pipelinetracker.listen.Listening.LiveFeeds;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
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
class LogBounds {

    private static final Logger log = LoggerFactory.getLogger(LogBounds.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final Admin admin;
    private final LiveFeeds feeds;

    LogBounds(Admin admin, LiveFeeds feeds) {
        this.admin = admin;
        this.feeds = feeds;
    }

    /** While the broker does not answer, the last known bounds stay. */
    @Scheduled(fixedDelayString = "${tracker.lag-interval:2s}")
    void ask() throws InterruptedException {
        Set<TopicPartition> partitions = new HashSet<>();
        feeds.all().forEach(feed -> partitions.addAll(feed.progress().partitions()));
        if (partitions.isEmpty()) {
            return;
        }
        try {
            Map<TopicPartition, Long> starts = offsets(partitions, OffsetSpec.earliest());
            Map<TopicPartition, Long> ends = offsets(partitions, OffsetSpec.latest());
            for (LiveFeed feed : feeds.all()) {
                feed.progress().lost(starts).forEach((partition, offsets) -> report(feed, partition, offsets));
                feed.progress().ends(ends);
            }
        } catch (ExecutionException | TimeoutException e) {
            log.debug("log bounds not known: {}", e.getClass().getSimpleName());
        }
    }

    private Map<TopicPartition, Long> offsets(Set<TopicPartition> partitions, OffsetSpec which)
            throws InterruptedException, ExecutionException, TimeoutException {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        partitions.forEach(partition -> asked.put(partition, which));
        Map<TopicPartition, Long> offsets = new HashMap<>();
        admin.listOffsets(asked, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                .all()
                .get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .forEach((partition, found) -> offsets.put(partition, found.offset()));
        return offsets;
    }

    private static void report(LiveFeed feed, TopicPartition partition, long offsets) {
        feed.meters().lost(offsets);
        log.error(
                "{}: {} offsets of {} were deleted before they were processed; going on at the log's start",
                feed.name(),
                offsets,
                partition);
    }
}

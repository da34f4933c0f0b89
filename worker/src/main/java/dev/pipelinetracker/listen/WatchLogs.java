package dev.pipelinetracker.listen;

import static org.apache.kafka.common.IsolationLevel.READ_COMMITTED;
import static org.apache.kafka.common.IsolationLevel.READ_UNCOMMITTED;

import dev.pipelinetracker.engine.WorldFault;
import dev.pipelinetracker.listen.Listening.LiveFeed;
import dev.pipelinetracker.listen.Listening.LiveFeeds;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.scheduling.annotation.Scheduled;

/**
 * Looks where the logs of the assigned partitions start and end. Consumers know it too, but not while they wait: nothing is
 * fetched then, and that is when lag matters, and when retention may delete what is still to be processed.
 */
class WatchLogs {

    private static final Logger log = LoggerFactory.getLogger(WatchLogs.class);

    private final LogBounds bounds;
    private final LiveFeeds feeds;

    WatchLogs(LogBounds bounds, LiveFeeds feeds) {
        this.bounds = bounds;
        this.feeds = feeds;
    }

    /** Of a partition for which the broker does not answer, the last known bounds stay. */
    @Scheduled(fixedDelayString = "${tracker.lag-interval:2s}")
    void look() {
        Map<TopicPartition, Long> next = new HashMap<>();
        feeds.all().forEach(feed -> next.putAll(feed.progress().nextOffsets()));
        Set<TopicPartition> partitions = next.keySet();
        // nothing is asked of a broker for no partitions, but a gap of one that went away may be yet to record
        Map<TopicPartition, Long> ends = bounds.ask(partitions, OffsetSpec.latest(), READ_UNCOMMITTED);
        Map<TopicPartition, Long> polledUpTo = bounds.ask(partitions, OffsetSpec.latest(), READ_COMMITTED);
        Map<TopicPartition, Long> starts = bounds.ask(partitions, OffsetSpec.earliest(), READ_UNCOMMITTED);
        for (LiveFeed feed : feeds.all()) {
            feed.progress().findGaps(next, starts, ends);
            feed.progress().ends(polledUpTo);
            record(feed);
        }
    }

    private static void record(LiveFeed feed) {
        try {
            feed.gaps().record();
        } catch (WorldFault e) {
            log.debug("gaps are recorded later", e);
        }
    }
}

package dev.pipelinetracker.listen;

import dev.pipelinetracker.listen.Listening.LiveFeeds;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.scheduling.annotation.Scheduled;

/**
 * Asks the broker where the logs of the assigned partitions end. Consumers know it too, but not while they wait: a
 * paused partition is not fetched, and that is when lag matters.
 */
class LogEnds {

    private static final Logger log = LoggerFactory.getLogger(LogEnds.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final Admin admin;
    private final LiveFeeds feeds;

    LogEnds(Admin admin, LiveFeeds feeds) {
        this.admin = admin;
        this.feeds = feeds;
    }

    /** While the broker does not answer, the last known ends stay. */
    @Scheduled(fixedDelayString = "${tracker.lag-interval:2s}")
    void ask() throws InterruptedException {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        feeds.all()
                .forEach(feed ->
                        feed.progress().partitions().forEach(partition -> asked.put(partition, OffsetSpec.latest())));
        if (asked.isEmpty()) {
            return;
        }
        try {
            Map<TopicPartition, Long> ends = new HashMap<>();
            Map<TopicPartition, ListOffsetsResultInfo> answer =
                    admin.listOffsets(asked).all().get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            answer.forEach((partition, end) -> ends.put(partition, end.offset()));
            feeds.all().forEach(feed -> feed.progress().ends(ends));
        } catch (ExecutionException | TimeoutException e) {
            log.debug("log ends not known: {}", e.getClass().getSimpleName());
        }
    }
}

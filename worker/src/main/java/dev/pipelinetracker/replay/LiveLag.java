package dev.pipelinetracker.replay;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How many records the live group is behind. */
final class LiveLag {

    private static final Logger log = LoggerFactory.getLogger(LiveLag.class);
    private static final int TIMEOUT_SECONDS = 5;

    private final Admin admin;
    private final String group;
    private final String topic;

    /** Of that group, in that topic. */
    LiveLag(Admin admin, String group, String topic) {
        this.admin = admin;
        this.group = group;
        this.topic = topic;
    }

    /** Empty while the group has no member, for then there is nobody to make way for; 0 if the broker does not tell. */
    OptionalLong records() {
        try {
            var members = admin.describeConsumerGroups(List.of(group))
                    .describedGroups()
                    .values()
                    .iterator()
                    .next()
                    .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .members();
            return members.isEmpty() ? OptionalLong.empty() : OptionalLong.of(lag());
        } catch (ExecutionException | TimeoutException e) {
            log.debug("lag of {} not known: {}", group, e.getClass().getSimpleName());
            return OptionalLong.of(0);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return OptionalLong.of(0);
        }
    }

    private long lag() throws ExecutionException, TimeoutException, InterruptedException {
        Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>();
        admin.listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .forEach((partition, offset) -> {
                    if (partition.topic().equals(topic) && offset != null) {
                        committed.put(partition, offset);
                    }
                });
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        committed.keySet().forEach(partition -> asked.put(partition, OffsetSpec.latest()));
        if (asked.isEmpty()) {
            return 0;
        }
        long lag = 0;
        for (var end : admin.listOffsets(asked)
                .all()
                .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .entrySet()) {
            OffsetAndMetadata offset = committed.get(end.getKey());
            lag += offset == null ? 0 : Math.max(0, end.getValue().offset() - offset.offset());
        }
        return lag;
    }
}

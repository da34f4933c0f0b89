package dev.pipelinetracker.replay;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many records the live group is behind, in the partitions that its members have: that is the live topic, whichever topic
 * is replayed.
 */
final class LiveLag {

    private static final Logger log = LoggerFactory.getLogger(LiveLag.class);
    private static final int TIMEOUT_SECONDS = 5;

    private final Admin admin;
    private final String group;

    /** Of that group. */
    LiveLag(Admin admin, String group) {
        this.admin = admin;
        this.group = group;
    }

    /** Empty while the group has no member, for then there is nobody to make way for; 0 if the broker does not tell. */
    OptionalLong records() {
        try {
            var members = answer(admin.describeConsumerGroups(List.of(group))
                            .describedGroups()
                            .values()
                            .iterator()
                            .next())
                    .members();
            Set<TopicPartition> live = new HashSet<>();
            members.forEach(member -> live.addAll(member.assignment().topicPartitions()));
            return members.isEmpty() ? OptionalLong.empty() : OptionalLong.of(lag(live));
        } catch (ExecutionException | TimeoutException e) {
            log.debug("lag of {} not known: {}", group, e.getClass().getSimpleName());
            return OptionalLong.of(0);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return OptionalLong.of(0);
        }
    }

    private long lag(Set<TopicPartition> live) throws ExecutionException, TimeoutException, InterruptedException {
        Map<TopicPartition, Long> committed = new HashMap<>();
        answer(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
                .forEach((partition, offset) -> {
                    if (live.contains(partition) && offset != null) {
                        committed.put(partition, offset.offset());
                    }
                });
        if (committed.isEmpty()) {
            return 0;
        }
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        committed.keySet().forEach(partition -> asked.put(partition, OffsetSpec.latest()));
        long lag = 0;
        for (var end : answer(admin.listOffsets(asked).all()).entrySet()) {
            lag += Math.max(0, end.getValue().offset() - committed.getOrDefault(end.getKey(), Long.MAX_VALUE));
        }
        return lag;
    }

    private static <T> T answer(KafkaFuture<T> asked)
            throws ExecutionException, TimeoutException, InterruptedException {
        return asked.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }
}

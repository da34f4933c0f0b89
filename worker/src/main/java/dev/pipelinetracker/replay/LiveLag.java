package dev.pipelinetracker.replay;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How many records the live group is behind; 0 while it has no member, for then there is nobody to yield to. */
public final class LiveLag implements LongSupplier {

    private static final Logger log = LoggerFactory.getLogger(LiveLag.class);
    private static final int TIMEOUT_SECONDS = 5;

    private final Admin admin;
    private final String group;
    private final String topic;

    /** Of that group, in that topic. */
    public LiveLag(Admin admin, String group, String topic) {
        this.admin = admin;
        this.group = group;
        this.topic = topic;
    }

    /** 0 also when the broker does not tell. */
    @Override
    public long getAsLong() {
        try {
            var members = admin.describeConsumerGroups(java.util.List.of(group))
                    .describedGroups()
                    .values()
                    .iterator()
                    .next()
                    .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .members();
            return members.isEmpty() ? 0 : lag();
        } catch (ExecutionException | TimeoutException e) {
            log.debug("lag of {} not known: {}", group, e.getClass().getSimpleName());
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
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

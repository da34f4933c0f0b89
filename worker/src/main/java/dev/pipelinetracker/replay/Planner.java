package dev.pipelinetracker.replay;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/** Turns a selection into offset ranges with frozen ends, and finds what retention has already deleted of them. */
final class Planner {

    private static final int TIMEOUT_SECONDS = 30;

    private final Admin admin;

    Planner(Admin admin) {
        this.admin = admin;
    }

    /** Throws FailedException if the broker does not answer or has no such topic, RefusedException for other partitions. */
    Plan plan(String feed, String topic, Selection selection) {
        TopicDescription description = describe(topic);
        List<TopicPartition> partitions = partitions(description, selection);
        Map<TopicPartition, ListOffsetsResultInfo> starts = offsets(partitions, OffsetSpec.earliest());
        Map<TopicPartition, ListOffsetsResultInfo> ends = offsets(partitions, OffsetSpec.latest());
        Instant from = selection.from();
        Map<TopicPartition, ListOffsetsResultInfo> found =
                offsets(partitions, OffsetSpec.forTimestamp(from == null ? 0 : from.toEpochMilli()));
        List<PartitionRange> ranges = new ArrayList<>();
        for (TopicPartition partition : partitions) {
            ranges.add(range(
                    partition.partition(),
                    selection,
                    of(starts, partition).offset(),
                    of(ends, partition).offset(),
                    of(found, partition)));
        }
        return new Plan(feed, topic, description.topicId().toString(), selection, ranges);
    }

    /**
     * The same ranges, further on where retention has overtaken them: what is lost is the gap. Throws as {@link #plan}, and
     * RefusedException if the topic was made anew since, so that its offsets mean other records.
     */
    Plan again(Plan planned) {
        String topicId = describe(planned.topic()).topicId().toString();
        if (!topicId.equals(planned.topicId())) {
            throw new RefusedException(
                    "topic %s was deleted and made again since, so the checkpoint's offsets are of other records. Start a new replay."
                            .formatted(planned.topic()));
        }
        List<TopicPartition> partitions = planned.ranges().stream()
                .map(range -> new TopicPartition(planned.topic(), range.partition()))
                .toList();
        Map<TopicPartition, ListOffsetsResultInfo> starts = offsets(partitions, OffsetSpec.earliest());
        List<PartitionRange> ranges = planned.ranges().stream()
                .map(range -> {
                    long start = of(starts, new TopicPartition(planned.topic(), range.partition()))
                            .offset();
                    long next = Math.min(range.end(), Math.max(range.next(), start));
                    return new PartitionRange(
                            range.partition(), range.first(), range.end(), next, next - range.next(), null);
                })
                .toList();
        return new Plan(planned.feed(), planned.topic(), topicId, planned.selection(), ranges);
    }

    /** Whether the broker has that topic; throws FailedException if it does not answer. */
    boolean knows(String topic) {
        try {
            return !admin.describeTopics(List.of(topic))
                    .allTopicNames()
                    .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .isEmpty();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return false;
            }
            throw unanswered(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            throw unanswered(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unanswered(e);
        }
    }

    private static PartitionRange range(
            int partition, Selection selection, long start, long end, ListOffsetsResultInfo found) {
        Selection.Offsets wanted = selection.offsets().get(partition);
        if (wanted != null) {
            long gap = Math.max(0, Math.min(start, wanted.end() == null ? start : wanted.end()) - wanted.first());
            long last = wanted.end() == null ? end : Math.min(end, wanted.end());
            long first = Math.min(last, Math.max(start, wanted.first()));
            return new PartitionRange(partition, first, last, first, gap, null);
        }
        Instant oldest = found.offset() < 0 ? null : Instant.ofEpochMilli(found.timestamp());
        // -1: no record of that time or later
        long first = found.offset() < 0 ? end : Math.min(found.offset(), end);
        if (selection.from() == null) {
            return new PartitionRange(partition, start, end, start, 0, oldest);
        }
        // all that is left is of the window, or nothing is: records before it may have been of the window too
        boolean cut = start > 0 && (first <= start);
        return new PartitionRange(partition, first, end, first, cut ? start : 0, oldest);
    }

    private TopicDescription describe(String topic) {
        return await(admin.describeTopics(List.of(topic)).topicNameValues().get(topic), topic);
    }

    private static List<TopicPartition> partitions(TopicDescription description, Selection selection) {
        String topic = description.name();
        TreeSet<Integer> there = new TreeSet<>();
        description.partitions().forEach(info -> there.add(info.partition()));
        TreeSet<Integer> wanted = new TreeSet<>(selection.partitions());
        wanted.addAll(selection.offsets().keySet());
        if (!there.containsAll(wanted)) {
            throw new RefusedException("topic %s has the partitions %s, not all of %s. Name partitions that it has."
                    .formatted(topic, there, wanted));
        }
        return (wanted.isEmpty() ? there : wanted)
                .stream().map(partition -> new TopicPartition(topic, partition)).toList();
    }

    private Map<TopicPartition, ListOffsetsResultInfo> offsets(List<TopicPartition> partitions, OffsetSpec which) {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        partitions.forEach(partition -> asked.put(partition, which));
        // as the consumer reads: an open transaction's records are beyond the end
        return await(
                admin.listOffsets(asked, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                        .all(),
                partitions.get(0).topic());
    }

    private static ListOffsetsResultInfo of(
            Map<TopicPartition, ListOffsetsResultInfo> answer, TopicPartition partition) {
        ListOffsetsResultInfo info = answer.get(partition);
        if (info == null) {
            throw new FailedException("the broker said nothing of " + partition + ". Try again.");
        }
        return info;
    }

    private static <T> T await(@Nullable KafkaFuture<T> answer, String topic) {
        try {
            if (answer == null) {
                throw new FailedException("the broker said nothing of " + topic + ". Try again.");
            }
            return answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                throw new RefusedException(
                        "there is no topic %s. Check tracker.feeds.<feed>.topic and spring.kafka.bootstrap-servers."
                                .formatted(topic));
            }
            throw unanswered(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            throw unanswered(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unanswered(e);
        }
    }

    private static FailedException unanswered(Throwable cause) {
        return new FailedException(
                "the broker does not answer (%s). Check spring.kafka.*, then try again."
                        .formatted(cause.getClass().getSimpleName()),
                cause);
    }
}

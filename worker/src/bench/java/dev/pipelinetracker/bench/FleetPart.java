package dev.pipelinetracker.bench;

import dev.pipelinetracker.faults.FaultyBroker;
import dev.pipelinetracker.faults.Signal;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;

/**
 * Three workers on one broker: how fast they drain a backlog, how long the partitions of one that is killed in the midst of
 * the next stand still, and how fast the two others are. Every backlog's rows are counted at its end.
 */
final class FleetPart implements Part {

    private static final String PART = "fleet";
    private static final String FEED = "pipeline-runs";
    private static final String TOPIC = "bench.fleet";
    private static final int WORKERS = 3;
    private static final int CONSUMERS = 2;
    private static final Duration LIMIT = Duration.ofMinutes(3);

    @Override
    public void run(Context context) {
        Stage stage = context.stage();
        stage.createTopic(TOPIC);
        List<WorkerPeer> workers = new ArrayList<>();
        try {
            for (int round = 1; round <= context.scale().rounds(); round++) {
                // the first round starts them all, each other one the one that was killed
                while (workers.size() < WORKERS) {
                    workers.add(start(stage, round, workers.size()));
                }
                round(context, workers, round);
            }
        } finally {
            workers.forEach(WorkerPeer::close);
            stage.deleteTopic(TOPIC);
        }
    }

    private static void round(Context context, List<WorkerPeer> workers, int round) {
        Drain drain = new Drain(context.stage());
        // the group is there once somebody has committed; then all of them are warmed
        drain.warmUp(workers.get(0), backlog(context, Backlogs.PARTITIONS * 2));
        awaitSettled(context.stage(), WORKERS);
        drain.warmUp(workers.get(0), backlog(context, context.scale().warmUpEvents()));
        // how busy others keep the machine beside us
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        context.report().add(PART, "load average before", load, "");
        speed(context, drain, workers, round);
        kill(context, drain, workers, round);
        awaitSettled(context.stage(), WORKERS - 1);
        speed(context, drain, workers, round);
    }

    private static void speed(Context context, Drain drain, List<WorkerPeer> workers, int round) {
        Measured measured = drain.first(
                "runs", workers.get(0), backlog(context, context.scale().runEvents()), round);
        String who = workers.size() + " workers";
        context.report().add(PART, who, measured.rate(), "events/s");
        context.report().add(PART, who + ", CPU of PostgreSQL", measured.postgresCpu(), "us/event");
    }

    /** Kills the last worker, after a sixth of a backlog, and takes it off the list. */
    private static void kill(Context context, Drain drain, List<WorkerPeer> workers, int round) {
        Stage stage = context.stage();
        Report report = context.report();
        WorkerPeer survivor = workers.get(0);
        Backlog backlog = backlog(context, context.scale().runEvents());
        long before = stage.committed(survivor.group(), TOPIC);
        hold(stage, backlog);
        await("a sixth of the backlog", () -> committed(stage) - before >= backlog.size() / 6);
        WorkerPeer victim = workers.remove(WORKERS - 1);
        Set<TopicPartition> orphans = partitions(stage, clientId(round, WORKERS - 1));
        Signal.KILL.to(victim.pid());
        long killed = System.nanoTime();
        await("the killed worker's end", () -> !victim.isAlive());
        Map<TopicPartition, Long> left = offsets(stage);
        await("a commit in a partition of the killed worker", () -> moved(stage, left, orphans) > 0);
        report.add(PART, "killed, to the first commit in its partitions", seconds(killed), "s");
        await("a commit in each of them", () -> moved(stage, left, orphans) == orphans.size());
        report.add(PART, "killed, to a commit in each of them", seconds(killed), "s");
        drain.awaitEnd(survivor, stage.end(TOPIC));
        report.add(PART, "killed, to the end of the backlog", seconds(killed), "s");
        drain.verify(backlog);
    }

    /** All of it is there before the first row can be written, as {@link Drain} has it. */
    private static void hold(Stage stage, Backlog backlog) {
        try (Connection connection = stage.connection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(Drain.emptied(backlog));
            stage.send(backlog, TOPIC);
            connection.commit();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static WorkerPeer start(Stage stage, int round, int number) {
        return new WorkerPeer(
                stage,
                FEED,
                TOPIC,
                List.of(DrainPart.HEAP),
                List.of(
                        "--tracker.feeds." + FEED + ".concurrency=" + CONSUMERS,
                        "--spring.kafka.client-id=" + clientId(round, number)));
    }

    private static String clientId(int round, int number) {
        return number == WORKERS - 1 ? "fleet-" + number + "-" + round : "fleet-" + number;
    }

    private static Backlog backlog(Context context, int events) {
        return context.backlogs().runs(events);
    }

    /** Until so many workers share the partitions evenly, and hand none over. */
    private static void awaitSettled(Stage stage, int workers) {
        int share = Backlogs.PARTITIONS / (workers * CONSUMERS);
        await(
                workers + " workers that share " + TOPIC,
                () -> group(stage).groupState() == GroupState.STABLE
                        && group(stage).members().size() == workers * CONSUMERS
                        && group(stage).members().stream()
                                .allMatch(member ->
                                        member.assignment().topicPartitions().size() == share));
    }

    private static Set<TopicPartition> partitions(Stage stage, String clientId) {
        Set<TopicPartition> partitions = new HashSet<>();
        for (MemberDescription member : group(stage).members()) {
            if (member.clientId().startsWith(clientId)) {
                partitions.addAll(member.assignment().topicPartitions());
            }
        }
        if (partitions.isEmpty()) {
            throw new IllegalStateException(clientId + " has no partitions");
        }
        return partitions;
    }

    private static ConsumerGroupDescription group(Stage stage) {
        return FaultyBroker.done(stage.admin()
                        .describeConsumerGroups(List.of("pipeline-tracker." + FEED))
                        .all())
                .values()
                .iterator()
                .next();
    }

    private static long committed(Stage stage) {
        return stage.committed("pipeline-tracker." + FEED, TOPIC);
    }

    private static Map<TopicPartition, Long> offsets(Stage stage) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        String group = "pipeline-tracker." + FEED;
        FaultyBroker.done(stage.admin()
                        .listConsumerGroupOffsets(Map.of(group, new ListConsumerGroupOffsetsSpec()))
                        .partitionsToOffsetAndMetadata(group))
                .forEach((partition, offset) -> offsets.put(partition, offset.offset()));
        return offsets;
    }

    private static long moved(Stage stage, Map<TopicPartition, Long> before, Set<TopicPartition> partitions) {
        Map<TopicPartition, Long> now = offsets(stage);
        return partitions.stream()
                .filter(partition -> now.getOrDefault(partition, 0L) > before.getOrDefault(partition, 0L))
                .count();
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("In vain: waited " + LIMIT + " for " + what);
            }
            LockSupport.parkNanos(20_000_000);
        }
    }
}

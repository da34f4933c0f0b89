package dev.pipelinetracker.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pipelinetracker.faults.ChaosFaults.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Random faults, some of them two at a time, while events are published without a pause to two workers:
 * {@code mvn -Pchaos verify}.
 *
 * <p>{@code -Dchaos.minutes} says how long (20), {@code -Dchaos.seed} repeats an order of faults, {@code -Dchaos.rate} is
 * the number of events in a second (1,000). Ends with the account, or with what is wrong with it.
 */
class ChaosIT {

    private static final Duration TIME =
            Duration.ofSeconds((long) (60 * Double.parseDouble(property("minutes", "20"))));
    private static final long SEED = Long.parseLong(property("seed", Long.toString(System.nanoTime() % 1_000_000)));
    private static final int RATE = Integer.parseInt(property("rate", "1000"));
    private static final Duration DRAINED = Duration.ofMinutes(3);

    /** From here on it must be as much as issue and README promise of a whole run. */
    private static final Duration WHOLE_RUN = Duration.ofMinutes(20);

    private final Map<String, Tally> tallies = new TreeMap<>();
    private final Map<String, Integer> kinds = new TreeMap<>();

    private static String property(String name, String fallback) {
        return System.getProperty("chaos." + name, fallback);
    }

    /**
     * How often a fault was injected, and its worst.
     *
     * @param firstCommit after its end
     * @param drained until all was committed that had been published at its end
     */
    private record Tally(int times, Duration firstCommit, Duration drained) {

        Tally and(Tally other) {
            return new Tally(times + other.times, max(firstCommit, other.firstCommit), max(drained, other.drained));
        }

        private static Duration max(Duration one, Duration other) {
            return one.compareTo(other) > 0 ? one : other;
        }
    }

    @Test
    void everyEventIsAccountedForWhateverHappens() throws Exception {
        System.out.printf("chaos: seed %d, %d s, %d events/s%n", SEED, TIME.toSeconds(), RATE);
        try (Stage stage = Stage.open("chaos", 4);
                CommitWatch commits = new CommitWatch(Stage.broker(), Kind.RUNS)) {
            Random random = new Random(SEED);
            ChaosFaults faults = new ChaosFaults(stage, random);
            ChaosPublisher publisher = new ChaosPublisher(stage, RATE, SEED);
            publisher.start();
            try {
                injectForAWhile(stage, commits, faults, random);
            } finally {
                publisher.stop();
            }
            stage.ledger().awaitCommitted(Duration.ofMinutes(5));
            Account account = stage.ledger().account();
            report(stage, account, commits);
            assertThat(account.complaints()).isEmpty();
            assertThat(account.lost()).as("lost").isZero();
            assertThat(account.goodDeadLettered())
                    .as("good events dead-lettered")
                    .isZero();
            assertThat(account.wentBack()).as("rows gone back").isZero();
            stage.verify();
            // no fault here takes offsets away: a gap would be a false alarm, or a loss that the ledger missed
            assertThat(stage.database()
                            .sql("SELECT partition || ': ' || from_offset || '..' || to_offset || ' ' || reason"
                                    + " FROM tracker.offset_gaps")
                            .query(String.class)
                            .list())
                    .as("gaps on record")
                    .isEmpty();
            assertThat(stage.looks()).as("looks at what is durable").isPositive();
            if (TIME.compareTo(WHOLE_RUN) >= 0) {
                assertThat(faults()).as("faults").isGreaterThanOrEqualTo(100);
                assertThat(kinds).as("kinds").hasSizeGreaterThanOrEqualTo(10);
                assertThat(stage.ledger().produced()).as("events").isGreaterThanOrEqualTo(1_000_000);
            }
            faults.ofTheDatabase().keySet().stream()
                    .filter(tallies::containsKey)
                    .forEach(name -> assertThat(
                                    Objects.requireNonNull(tallies.get(name)).firstCommit())
                            .as("first commit after: %s", name)
                            .isLessThan(Stage.BACK_AT_WORK));
        }
    }

    private void injectForAWhile(Stage stage, CommitWatch commits, ChaosFaults faults, Random random) throws Exception {
        Map<String, Fault> all = faults.all();
        List<String> order = new ArrayList<>();
        long end = System.nanoTime() + TIME.toNanos();
        if (TIME.compareTo(WHOLE_RUN) >= 0) {
            // as long as the matrix has them, once
            for (Map.Entry<String, Fault> fault : faults.lasting().entrySet()) {
                inject(stage, commits, fault.getKey(), fault.getValue());
            }
        }
        while (System.nanoTime() < end) {
            if (order.isEmpty()) {
                order.addAll(all.keySet());
                Collections.shuffle(order, random);
            }
            String name = order.remove(order.size() - 1);
            Fault fault = Objects.requireNonNull(all.get(name));
            if (faults.ofTheDatabase().containsKey(name) && random.nextBoolean()) {
                Map<String, Fault> others = faults.besideTheDatabase();
                String other = new ArrayList<>(others.keySet()).get(random.nextInt(others.size()));
                kinds.merge(other, 1, Integer::sum);
                kinds.merge(name, 1, Integer::sum);
                inject(stage, commits, name + " + " + other, fault.and(Objects.requireNonNull(others.get(other))));
            } else {
                kinds.merge(name, 1, Integer::sum);
                inject(stage, commits, name, fault);
            }
            LockSupport.parkNanos(Duration.ofMillis(random.nextInt(1_000)).toNanos());
        }
    }

    private void inject(Stage stage, CommitWatch commits, String name, Fault fault) throws Exception {
        fault.inject();
        long over = System.nanoTime();
        awaitDrained(stage, name);
        Duration drained = Duration.ofNanos(System.nanoTime() - over);
        tallies.merge(name, new Tally(1, commits.firstAfter(over), drained), Tally::and);
        stage.verify();
    }

    private int faults() {
        return kinds.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** What was published when the fault was over is committed. */
    private static void awaitDrained(Stage stage, String fault) {
        long target = stage.ledger().published(Kind.RUNS);
        await(fault + ", seed " + SEED)
                .atMost(DRAINED)
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptions()
                .until(() -> stage.ledger().committed(Kind.RUNS).values().stream()
                                .mapToLong(Long::longValue)
                                .sum()
                        >= target);
    }

    private void report(Stage stage, Account account, CommitWatch commits) {
        System.out.printf("chaos: seed %d%n%s", SEED, account);
        System.out.printf("  durability       looked at %d times%n", stage.looks());
        System.out.printf(
                "  longest stall    %,d ms without a commit%n",
                commits.longestStall().toMillis());
        System.out.printf(
                "  faults           %d of %d kinds; ms from its end to the first commit, and to no backlog, at worst:%n",
                faults(), kinds.size());
        tallies.forEach((name, tally) -> System.out.printf(
                "    %-44s %3d  %,7d  %,7d%n",
                name,
                tally.times(),
                tally.firstCommit().toMillis(),
                tally.drained().toMillis()));
    }
}

package dev.pipelinetracker.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.engine.Outcome.Reason;
import dev.pipelinetracker.engine.Outcome.Rejected;
import dev.pipelinetracker.engine.Outcome.Stored;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every feed keeps, against a real PostgreSQL: any order, duplication and batching of the same events ends in the
 * rows of a plain model; what changes nothing writes nothing; a bad row is rejected alone. A feed's test extends this
 * and says how its events are made, which is newer, and what its rows look like.
 */
public abstract class FeedContract<E extends SpecificRecord, K extends Comparable<? super K>> {

    /** The versions of one key that the generator makes: few, so that equal ones are met. */
    protected static final int VERSIONS = 12;

    private static final int KEYS = 7;
    private static final int EVENTS = 120;

    private final Database database = newDatabase();
    private final UUID organization = database.organization("Contract");
    private Feed<E, K> feed;

    /** A database of the test's own, without rows; called while the test is made. */
    protected Database newDatabase() {
        return RealPostgres.freshDatabase();
    }

    /** The feed under test. */
    protected abstract Feed<E, K> feed(MeterRegistry meters, DataSource dataSource);

    /**
     * An event.
     *
     * @param key which row it is about, from 0
     * @param version from 0 to {@link #VERSIONS} - 1; the content depends on key and version alone
     */
    protected abstract E event(UUID organization, int key, int version);

    /** Whether the contract calls the first newer than the second: written down here anew, not asked of the feed. */
    protected abstract boolean isNewer(E event, E other);

    /** A query of all rows, one text each. */
    protected abstract String rowsQuery();

    /** The text of the row that the event becomes. */
    protected abstract String row(E event);

    /** The same event with a number or text that {@link #check} refuses. */
    protected abstract E poisoned(E event);

    /** A check constraint's condition. */
    protected abstract String check();

    @BeforeEach
    void makeFeed() {
        feed = feed(new SimpleMeterRegistry(), database.dataSource());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0})
    void anyOrderDuplicationAndBatchingEndInTheModelsRows(long givenSeed) {
        long seed = givenSeed == 0 ? System.nanoTime() : givenSeed;
        Random random = new Random(seed);
        List<E> events = events(random);
        List<E> deliveries = new ArrayList<>(events);
        for (int i = 0; i < EVENTS / 2; i++) {
            deliveries.add(events.get(random.nextInt(events.size())));
        }
        Collections.shuffle(deliveries, random);

        Map<Stored, Integer> counted = new HashMap<>();
        for (List<E> batch : batches(deliveries, random)) {
            store(batch).forEach(outcome -> counted.merge((Stored) outcome, 1, Integer::sum));
        }

        assertThat(rows()).as("seed %d", seed).isEqualTo(model(events));
        assertThat(counted.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(deliveries.size());
        assertThat(counted.get(Stored.INSERTED)).isEqualTo(model(events).size());
        assertThat(database.sequence(feed.upsert().table()))
                .as("ids used")
                .isEqualTo(model(events).size());
    }

    @Test
    void twoWorkersAtOnceEndInTheModelsRows() throws Exception {
        long seed = System.nanoTime();
        List<E> events = events(new Random(seed));
        ExecutorService workers = Executors.newFixedThreadPool(2);
        try {
            List<Future<?>> done = new ArrayList<>();
            for (int worker = 0; worker < 2; worker++) {
                Random own = new Random(seed + worker);
                List<E> deliveries = new ArrayList<>(events);
                Collections.shuffle(deliveries, own);
                done.add(workers.submit(() -> {
                    batches(deliveries, own).forEach(this::store);
                    return null;
                }));
            }
            for (Future<?> worker : done) {
                worker.get();
            }
        } finally {
            workers.shutdownNow();
        }
        assertThat(rows()).as("seed %d", seed).isEqualTo(model(events));
    }

    @Test
    void aSecondDeliveryWritesNothing() {
        List<E> events = events(new Random(42));
        store(events);
        database.vacuum();
        long walBefore = database.walBytes();
        long idsBefore = database.sequence(feed.upsert().table());

        List<Outcome> outcomes = store(events);

        assertThat(outcomes).containsOnly(Stored.UNCHANGED);
        assertThat(database.walBytes() - walBefore).as("WAL bytes").isZero();
        assertThat(database.sequence(feed.upsert().table())).as("ids used").isEqualTo(idsBefore);
    }

    @Test
    void anUpdateKeepsItsIdAndUsesNone() {
        List<E> versions = versionsOfOneKey();
        store(List.of(versions.get(0)));
        long idsBefore = database.sequence(feed.upsert().table());

        assertThat(store(List.of(versions.get(1)))).containsExactly(Stored.UPDATED);

        assertThat(database.sequence(feed.upsert().table())).isEqualTo(idsBefore);
        assertThat(database.sql()
                        .sql("SELECT max(id) FROM " + feed.upsert().table())
                        .query(Long.class)
                        .single())
                .isEqualTo(idsBefore);
    }

    @Test
    void anEventOfAnUnknownOrganizationIsRejectedAlone() {
        E stranger = event(UUID.randomUUID(), 1, 0);
        E neighbour = event(organization, 1, 0);

        List<Outcome> outcomes = store(List.of(stranger, neighbour, stranger));

        assertThat(outcomes.get(0)).isInstanceOf(Rejected.class);
        assertThat(((Rejected) outcomes.get(0)).reason()).isEqualTo(Reason.UNKNOWN_ORG);
        assertThat(outcomes.get(1)).isEqualTo(Stored.INSERTED);
        assertThat(outcomes.get(2)).isEqualTo(outcomes.get(0));
        assertThat(rows()).isEqualTo(model(List.of(neighbour)));
    }

    @Test
    void aRowThatTheDatabaseRefusesIsRejectedAloneAndTheNextNewestIsStored() {
        String table = feed.upsert().table();
        database.sql()
                .sql("ALTER TABLE %s ADD CONSTRAINT no_poison CHECK (%s)".formatted(table, check()))
                .update();
        List<E> versions = versionsOfOneKey();
        E good = versions.get(versions.size() - 2);
        E bad = poisoned(versions.get(versions.size() - 1));
        E neighbour = event(organization, 2, 0);

        List<Outcome> outcomes = store(List.of(versions.get(0), bad, good, neighbour));

        assertThat(outcomes)
                .containsExactly(
                        Stored.UNCHANGED,
                        new Rejected(Reason.REFUSED_BY_DATABASE, "SQLState 23514, constraint no_poison"),
                        Stored.INSERTED,
                        Stored.INSERTED);
        assertThat(rows()).isEqualTo(model(List.of(good, neighbour)));
    }

    @Test
    void itDoesNotMatterInWhichOrderTheRowsComeBack() {
        Upsert<E, K> inOrder = feed.upsert();
        // its answer's columns from the third on are the key
        Upsert<E, K> backwards = new Upsert<>(
                inOrder.table(), inOrder.sql() + " ORDER BY 3 DESC, 4 DESC", inOrder.columns(), inOrder.key());
        feed = with(backwards, feed);
        List<E> versions = versionsOfOneKey();
        E stored = event(organization, 3, 0);
        store(List.of(versions.get(0), stored));

        List<Outcome> outcomes = store(List.of(
                event(organization, 1, 0), versions.get(1), event(organization, 2, 0), stored, versions.get(0)));

        assertThat(outcomes)
                .containsExactly(Stored.INSERTED, Stored.UPDATED, Stored.INSERTED, Stored.UNCHANGED, Stored.UNCHANGED);
    }

    @Test
    void onePoisonRowInAThousandCostsFewStatements() {
        String table = feed.upsert().table();
        database.sql()
                .sql("ALTER TABLE %s ADD CONSTRAINT no_poison CHECK (%s)".formatted(table, check()))
                .update();
        List<E> events = new ArrayList<>();
        for (int key = 0; key < 1000; key++) {
            events.add(event(organization, key, 0));
        }
        events.set(617, poisoned(events.get(617)));
        CountingStatements counting = new CountingStatements(database.dataSource());

        List<Outcome> outcomes = store(events, counting.dataSource());

        assertThat(outcomes.stream().filter(Rejected.class::isInstance)).hasSize(1);
        assertThat(rows()).hasSize(999);
        int logOfThousand = 10;
        assertThat(counting.statements()).as("statements").isLessThanOrEqualTo(1 + 2 * logOfThousand + 1);
    }

    @Test
    void theRightsThatTheReadmeNamesSuffice() {
        String role = "worker_" + UUID.randomUUID().toString().replace('-', '_');
        String table = feed.upsert().table();
        List.of(
                        "CREATE ROLE %s LOGIN",
                        "GRANT USAGE ON SCHEMA public TO %s",
                        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO %s",
                        "GRANT SELECT ON organizations TO %s",
                        "GRANT SELECT, INSERT, UPDATE ON " + table + " TO %s")
                .forEach(grant -> database.sql().sql(grant.formatted(role)).update());
        DataSource restricted = database.dataSource(role, "");
        List<E> versions = versionsOfOneKey();

        assertThat(store(versions.subList(0, 1), restricted)).containsExactly(Stored.INSERTED);
        assertThat(store(versions.subList(1, 2), restricted)).containsExactly(Stored.UPDATED);
    }

    @Test
    void theFeedsOrderIsTheContracts() {
        List<E> events = new ArrayList<>();
        for (int version = 0; version < VERSIONS; version++) {
            events.add(event(organization, 0, version));
        }
        for (E one : events) {
            for (E other : events) {
                assertThat(feed.versionOrder().compare(one, other) > 0).isEqualTo(isNewer(one, other));
            }
        }
    }

    /** The feed but for its statement. */
    private static <E extends SpecificRecord, K extends Comparable<? super K>> Feed<E, K> with(
            Upsert<E, K> upsert, Feed<E, K> feed) {
        return new Feed<>() {
            @Override
            public String name() {
                return feed.name();
            }

            @Override
            public Class<E> eventType() {
                return feed.eventType();
            }

            @Override
            public K key(E event) {
                return feed.key(event);
            }

            @Override
            public Comparator<E> versionOrder() {
                return feed.versionOrder();
            }

            @Override
            public Upsert<E, K> upsert() {
                return upsert;
            }
        };
    }

    private List<Outcome> store(List<E> batch) {
        return store(batch, database.dataSource());
    }

    private List<Outcome> store(List<E> batch, DataSource dataSource) {
        Outcome[] outcomes = new Outcome[batch.size()];
        LatestPerKey<E, K> fold = new LatestPerKey<>(feed.versionOrder());
        for (int i = 0; i < batch.size(); i++) {
            fold.offer(i, feed.key(batch.get(i)), batch.get(i));
        }
        new UpsertWriter<>(feed, dataSource).store(fold, outcomes);
        return List.of(outcomes);
    }

    private List<E> events(Random random) {
        List<E> events = new ArrayList<>();
        for (int i = 0; i < EVENTS; i++) {
            events.add(event(organization, random.nextInt(KEYS), random.nextInt(VERSIONS)));
        }
        return events;
    }

    /** Ascending, each newer than the one before. */
    private List<E> versionsOfOneKey() {
        List<E> ascending = new ArrayList<>();
        for (int version = 0; version < VERSIONS; version++) {
            E event = event(organization, 0, version);
            if (ascending.stream().allMatch(older -> isNewer(event, older))) {
                ascending.add(event);
            }
        }
        assertThat(ascending).as("versions, each newer than the last").hasSizeGreaterThan(2);
        return ascending;
    }

    private List<List<E>> batches(List<E> deliveries, Random random) {
        List<List<E>> batches = new ArrayList<>();
        int from = 0;
        while (from < deliveries.size()) {
            int to = Math.min(deliveries.size(), from + 1 + random.nextInt(40));
            batches.add(deliveries.subList(from, to));
            from = to;
        }
        return batches;
    }

    /** Plain and obvious: one event at a time, the newer one stays. */
    private List<String> model(Collection<E> events) {
        Map<K, E> newest = new TreeMap<>();
        for (E event : events) {
            newest.merge(feed.key(event), event, (present, offered) -> isNewer(offered, present) ? offered : present);
        }
        return newest.values().stream().map(this::row).sorted().toList();
    }

    private List<String> rows() {
        return database.sql().sql(rowsQuery()).query(String.class).list().stream()
                .sorted()
                .toList();
    }

    /** A moment with microseconds, later for a greater number. */
    protected static Instant moment(int number) {
        return Instant.parse("2026-03-08T06:59:59.000001Z").plus(Duration.ofMinutes(17L * number));
    }
}

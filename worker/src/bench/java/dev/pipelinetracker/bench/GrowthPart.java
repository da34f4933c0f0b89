package dev.pipelinetracker.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/** What an event costs, and how long the document's queries take, beside little history and beside much. */
final class GrowthPart implements Part {

    private static final String PART = "growth";
    private static final String TOPIC = "bench.growth";
    private static final int QUERIES = 300;

    // of 2026, where the new events' own begin: history is older
    private static final String HISTORY = """
            SET session_replication_role = replica;
            TRUNCATE analytics_pipeline_history;
            DROP INDEX idx_history_org_time, idx_history_source, tracker_run_identity, tracker_open_runs;
            INSERT INTO analytics_pipeline_history (org_id, source_id, source_name, pipeline_id, status, records_processed,
                duration_seconds, run_type, timestamp)
            SELECT (SELECT array_agg(id ORDER BY id) FROM organizations)[1 + (random() * 239)::int], 'source-' || n %% 20,
                'Orders of shop ' || n %% 20, %s, 'completed', n %% 100000, n %% 3600, 'etl',
                timestamp '2026-01-01' - make_interval(secs => (%d - n) * 0.5)
            FROM generate_series(1, %d) AS n;
            CREATE INDEX idx_history_org_time ON analytics_pipeline_history (org_id, timestamp DESC);
            CREATE INDEX idx_history_source ON analytics_pipeline_history (source_id);
            CREATE UNIQUE INDEX tracker_run_identity ON analytics_pipeline_history (org_id, pipeline_id, source_id);
            CREATE INDEX tracker_open_runs ON analytics_pipeline_history (org_id) WHERE status = 'running';
            """;

    /** The document's queries, by name. */
    static final Map<String, String> COMMON_QUERIES = new LinkedHashMap<>();

    static {
        COMMON_QUERIES.put(
                "data sources of an organization",
                "SELECT * FROM analytics_data_sources WHERE org_id = ? ORDER BY created_at ASC");
        COMMON_QUERIES.put("organizations of a user", """
                SELECT o.*, m.role AS membership_role FROM organizations o JOIN org_memberships m ON o.id = m.org_id
                WHERE m.user_id = ? ORDER BY o.name
                """);
        COMMON_QUERIES.put(
                "recent history",
                "SELECT * FROM analytics_pipeline_history WHERE org_id = ? ORDER BY timestamp DESC LIMIT 50");
        COMMON_QUERIES.put(
                "insights of a source",
                "SELECT * FROM analytics_source_insights WHERE org_id = ? AND source_id = 'source-3'");
    }

    @Override
    public void run(Context context) {
        Stage stage = context.stage();
        fillOtherTables(stage);
        stage.createTopic(TOPIC);
        try (WorkerPeer worker = new WorkerPeer(stage, "pipeline-runs", TOPIC, List.of(DrainPart.HEAP), List.of())) {
            new Drain(stage)
                    .warmUp(worker, context.backlogs().runs(context.scale().warmUpEvents()));
            for (Identifiers identifiers : Identifiers.values()) {
                for (int rows : new int[] {
                    context.scale().smallHistory(), context.scale().largeHistory()
                }) {
                    beside(context, worker, identifiers, rows);
                }
            }
        } finally {
            stage.deleteTopic(TOPIC);
        }
    }

    /** How runs are identified. */
    private enum Identifiers {
        RANDOM("random ids", "gen_random_uuid()"),
        TIME_ORDERED("time-ordered ids", "uuidv7(make_interval(secs => (n - %d) * 0.5 - 30000000))");

        private final String label;
        private final String sql;

        Identifiers(String label, String sql) {
            this.label = label;
            this.sql = sql;
        }
    }

    private static void beside(Context context, Peer worker, Identifiers identifiers, int rows) {
        Stage stage = context.stage();
        try (Connection connection = stage.connection();
                Statement statement = connection.createStatement()) {
            statement.execute("SET maintenance_work_mem = '1GB'");
            statement.execute(HISTORY.formatted(identifiers.sql.formatted(rows), rows, rows));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        String load = load(identifiers.label, rows);
        Drain drain = new Drain(stage);
        int events = context.scale().growthEvents();
        for (int round = 0; round <= context.scale().growthRounds(); round++) {
            Backlog backlog = identifiers == Identifiers.RANDOM
                    ? context.backlogs().runs(events)
                    : context.backlogs().runs(events, GrowthPart::timeOrdered);
            // the first one after a checkpoint writes each page it touches to the WAL, whole: not the rule, but told
            String name = round == 0 ? load + ", after a checkpoint" : load;
            context.report()
                    .add(
                            round == 0
                                    ? drain.beside(name, worker, backlog, 1)
                                    : drain.next(name, worker, backlog, round));
        }
        COMMON_QUERIES.forEach((name, sql) ->
                context.report().add(PART, fact(name, rows, identifiers.label), query(context, sql), "ms"));
    }

    /** The name of the drains beside so much history. */
    static String load(String identifiers, int rows) {
        return String.format("%s, %,d rows", identifiers, rows);
    }

    /** The name of a query's time. */
    static String fact(String query, int rows, String identifiers) {
        return String.format("%s, %,d rows, %s", query, rows, identifiers);
    }

    private static final AtomicLong LATER = new AtomicLong();

    private static UUID timeOrdered(java.time.Instant moment) {
        long millis = 1_790_000_000_000L + LATER.incrementAndGet();
        Random random = new Random(millis);
        return new UUID(
                (millis << 16) | 0x7000L | random.nextInt(4096),
                (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | Long.MIN_VALUE);
    }

    private static void fillOtherTables(Stage stage) {
        stage.sql().sql("""
                INSERT INTO users (email) SELECT n || '@example.org' FROM generate_series(1, 1000) AS n;
                INSERT INTO org_memberships (user_id, org_id)
                SELECT u.id, o.id FROM users u JOIN organizations o ON (hashtext(u.email) # hashtext(o.slug)) % 100 = 0;
                INSERT INTO analytics_data_sources (id, org_id, name, config)
                SELECT 'source-' || n, id, 'Source ' || n, '{}' FROM organizations, generate_series(1, 20) AS n;
                INSERT INTO analytics_source_insights (source_id, org_id, source_name, insights, generated_from)
                SELECT 'source-' || n, id, 'Source ' || n, '["first", "second"]', 'etl'
                FROM organizations, generate_series(1, 20) AS n;
                """).update();
        stage.sql().sql("VACUUM ANALYZE").update();
    }

    /** Median of many executions, each for another organization or user. */
    private static double query(Context context, String sql) {
        List<UUID> ids = sql.contains("user_id")
                ? context.stage()
                        .sql()
                        .sql("SELECT id FROM users")
                        .query(UUID.class)
                        .list()
                : context.backlogs().organizations();
        List<Double> millis = new ArrayList<>();
        try (Connection connection = context.stage().connection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < QUERIES; i++) {
                statement.setObject(1, ids.get(i * 31 % ids.size()));
                long start = System.nanoTime();
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        // received
                    }
                }
                millis.add((System.nanoTime() - start) / 1e6);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return Report.median(millis.stream().mapToDouble(Double::doubleValue).toArray())
                .orElse(Double.NaN);
    }
}

package dev.pipelinetracker.bench;

import dev.pipelinetracker.bench.Peer.Batches;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets a running, warm peer drain a backlog that is all there before it begins: while the harness holds the table locked,
 * the events are sent, and the clock starts with the commit that lets go of it.
 */
final class Drain {

    private static final Duration LIMIT = Duration.ofMinutes(10);

    /** A hundredth of a drain at most: whoever looks more often takes from the peer the CPU that they share. */
    private static final long POLL_NANOS = 80_000_000;

    private final Stage stage;

    Drain(Stage stage) {
        this.stage = stage;
    }

    /** Sends a backlog and waits for its end, without a measure: code gets compiled, plans get made. */
    void warmUp(Peer peer, Backlog backlog) {
        stage.send(backlog, peer.topic());
        awaitEnd(peer, stage.end(peer.topic()));
    }

    /** Into an empty table. */
    Measured first(String load, Peer peer, Backlog backlog, int round) {
        awaitEnd(peer, stage.end(peer.topic()));
        stage.sql().sql("CHECKPOINT").update();
        Measured measured = measure(load, peer, backlog, round, emptied(backlog));
        verify(backlog);
        return measured;
    }

    /** Into the table as it is, settled before: nothing to prune and no hint bits to set, which would be WAL of others. */
    Measured beside(String load, Peer peer, Backlog backlog, int round) {
        stage.sql().sql("VACUUM ANALYZE organizations, " + table(backlog)).update();
        awaitEnd(peer, stage.end(peer.topic()));
        stage.sql().sql("CHECKPOINT").update();
        return next(load, peer, backlog, round);
    }

    /** As it is, and without a checkpoint before. */
    Measured next(String load, Peer peer, Backlog backlog, int round) {
        return measure(load, peer, backlog, round, "LOCK TABLE " + table(backlog));
    }

    private Measured measure(String load, Peer peer, Backlog backlog, int round, String takeTable) {
        awaitEnd(peer, stage.end(peer.topic()));
        try (Connection connection = stage.connection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(takeTable);
            stage.send(backlog, peer.topic());
            long end = stage.end(peer.topic());
            Batches batchesBefore = peer.batches();
            double peerBefore = ProcessUse.cpuSeconds(peer.pid());
            double postgresBefore = stage.postgresCpuSeconds();
            double brokerBefore = stage.brokerCpuSeconds();
            long walBefore = stage.walBytes();
            long start = System.nanoTime();
            connection.commit();
            awaitEnd(peer, end);
            double seconds = (System.nanoTime() - start) / 1e9;
            double peerCpu = ProcessUse.cpuSeconds(peer.pid()) - peerBefore;
            double postgresCpu = stage.postgresCpuSeconds() - postgresBefore;
            double brokerCpu = stage.brokerCpuSeconds() - brokerBefore;
            long wal = stage.walBytes() - walBefore;
            Batches batches = peer.batches();
            int events = backlog.size();
            return new Measured(
                    load,
                    peer.name(),
                    round,
                    events,
                    seconds,
                    peerCpu * 1e6 / events,
                    postgresCpu * 1e6 / events,
                    brokerCpu * 1e6 / events,
                    (double) wal / events,
                    (batches.records() - batchesBefore.records()) / (batches.batches() - batchesBefore.batches()),
                    ProcessUse.peakResidentMb(peer.pid()));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits until the peer's group has committed all offsets before that sum. */
    void awaitEnd(Peer peer, long end) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (stage.committed(peer.group(), peer.topic()) < end) {
            if (System.nanoTime() > deadline || ProcessHandle.of(peer.pid()).isEmpty()) {
                throw new IllegalStateException(peer.name() + " does not come to the end of " + peer.topic() + ": "
                        + stage.committed(peer.group(), peer.topic()) + " of " + end);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** A fast peer that loses rows would be no peer. */
    void verify(Backlog backlog) {
        long rows = stage.sql()
                .sql("SELECT count(*) FROM " + table(backlog))
                .query(Long.class)
                .single();
        long open = backlog.feed().equals("pipeline-runs")
                ? stage.sql()
                        .sql("SELECT count(*) FROM analytics_pipeline_history WHERE status = 'running'")
                        .query(Long.class)
                        .single()
                : 0;
        long history = 100L * Backlogs.ORGANIZATIONS;
        if (rows != history + backlog.rows() || open != 0) {
            throw new IllegalStateException(
                    "%d rows instead of %d, %d of them still running".formatted(rows, history + backlog.rows(), open));
        }
    }

    /**
     * A table with a little history of each organization, analyzed: one in use. A plan that is made for an empty table is
     * arbitrary, and stays until the next ANALYZE, which no autovacuum does here.
     */
    static String emptied(Backlog backlog) {
        String fill = backlog.feed().equals("pipeline-runs") ? """
                  INSERT INTO analytics_pipeline_history (org_id, source_id, source_name, pipeline_id, status, timestamp)
                  SELECT o.id, 'source-' || n % 20, 'Orders', gen_random_uuid(), 'completed', '2025-01-01'
                  FROM organizations o, generate_series(1, 100) n
                  """ : """
                  INSERT INTO analytics_visualizations (source_id, org_id, chart_type, x_column, y_column, chart_config, generated_at)
                  SELECT 'old-' || n, o.id, 'bar', 'x', 'y', '{}', '2025-01-01' FROM organizations o, generate_series(1, 100) n
                  """;
        return "TRUNCATE " + table(backlog) + "; " + fill + "; ANALYZE " + table(backlog);
    }

    static String table(Backlog backlog) {
        return backlog.feed().equals("pipeline-runs") ? "analytics_pipeline_history" : "analytics_visualizations";
    }
}

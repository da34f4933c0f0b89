package dev.pipelinetracker.replay;

import dev.pipelinetracker.engine.WorldFault;
import dev.pipelinetracker.engine.WorldFault.Cause;
import dev.pipelinetracker.replay.BatchWriter.Position;
import dev.pipelinetracker.replay.Batches.Batch;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.dao.NonTransientDataAccessException;
import org.springframework.dao.NonTransientDataAccessResourceException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.transaction.TransactionException;

/** Reads a plan's ranges to their ends: read, filter, write, batch by batch, at its pace. */
final class Run {

    private static final int MOST_FAILURES = 10;
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private final Batches batches;
    private final RecordFilter filter;
    private final BatchWriter writer;
    private final Pace pace;
    private final StopSignal stop;
    private final Operator operator;
    private Tally tally;
    private boolean isDoubtful;

    Run(
            Batches batches,
            RecordFilter filter,
            BatchWriter writer,
            Pace pace,
            StopSignal stop,
            Operator operator,
            Tally before) {
        this.batches = batches;
        this.filter = filter;
        this.writer = writer;
        this.pace = pace;
        this.stop = stop;
        this.operator = operator;
        this.tally = before;
    }

    /**
     * Returns at the end of all ranges, or earlier if a stop is wanted.
     *
     * @param start where it starts, by partition
     * @return whether all was read
     * @throws FailedException if a fault of the world does not pass
     */
    boolean toTheEnd(Map<Integer, Long> start) {
        Map<Integer, Long> before = new TreeMap<>(start);
        int failures = 0;
        while (!batches.isFinished() && !stop.isWanted()) {
            try {
                if (isDoubtful) {
                    Position durable = writer.restore();
                    batches.seek(durable.next());
                    tally = durable.tally();
                    isDoubtful = false;
                }
                Batch batch = batches.read();
                write(batch);
                failures = 0;
                boolean yielded = pace.await(batch.records().size());
                long done = batch.next().entrySet().stream()
                        .mapToLong(at -> at.getValue() - before.getOrDefault(at.getKey(), 0L))
                        .sum();
                operator.progress(done, tally, yielded);
            } catch (WorldFault
                    | TransientDataAccessException
                    | NonTransientDataAccessException
                    | RecoverableDataAccessException
                    | TransactionException fault) {
                if (!mayPass(fault) || ++failures > MOST_FAILURES) {
                    throw new FailedException(
                            "%s. What was committed stays; mend the fault, then go on from the checkpoint."
                                    .formatted(fault.getMessage()),
                            fault);
                }
                isDoubtful = true;
                Duration pause = Duration.ofMillis(Math.min(LONGEST_PAUSE.toMillis(), 500L << failures));
                operator.say("waiting %d s, attempt %d of %d: %s"
                        .formatted(Math.max(1, pause.toSeconds()), failures, MOST_FAILURES, fault.getMessage()));
                stop.sleep(pause);
            }
        }
        return batches.isFinished();
    }

    Tally tally() {
        return tally;
    }

    private void write(Batch batch) {
        List<ConsumerRecord<byte[], byte[]>> wanted =
                batch.records().stream().filter(filter::accepts).toList();
        Tally after = new Tally(tally);
        after.skip(batch.records().size() - wanted.size());
        writer.write(wanted, new Position(batch.next(), after));
        tally = after;
    }

    private static boolean mayPass(RuntimeException fault) {
        if (fault instanceof WorldFault known) {
            return known.kind() != Cause.DATABASE_STOPPED && known.kind() != Cause.UNEXPECTED;
        }
        return !(fault instanceof NonTransientDataAccessException)
                || fault instanceof NonTransientDataAccessResourceException;
    }
}

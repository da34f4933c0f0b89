package dev.pipelinetracker.replay;

import dev.pipelinetracker.replay.BatchWriter.Position;
import dev.pipelinetracker.replay.Batches.Batch;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads a plan's ranges to their ends: read, filter, write, batch by batch, at its pace; waits while the world is at fault. */
final class Run {

    private final OpenFeed feed;
    private final Plan plan;
    private final RecordFilter filter;
    private final Speed speed;
    private final Operator operator;
    private final StopSignal stop;

    /**
     * How it ended.
     *
     * @param finished whether all was read; else a stop was wanted
     */
    record Ending(boolean finished, Tally tally) {}

    /** Of that plan, whose records are of that feed. */
    Run(OpenFeed feed, Plan plan, Speed speed, Operator operator, StopSignal stop) {
        this.feed = feed;
        this.plan = plan;
        this.filter = feed.filter(plan.selection());
        this.speed = speed;
        this.operator = operator;
        this.stop = stop;
    }

    /**
     * Returns at the end of all ranges, or earlier if a stop is wanted.
     *
     * @param before what was counted already
     * @throws FailedException if a fault of the world does not pass
     */
    Ending with(BatchWriter writer, Tally before) {
        stop.workBegins();
        Pace pace = feed.pace(speed, stop);
        operator.begin(plan.feed(), plan.remaining());
        try (Batches batches = feed.read(plan.topic(), plan.next(), plan.ends(), pace.batch(Batches.MOST), operator)) {
            return read(batches, pace, writer, before);
        } finally {
            operator.close();
        }
    }

    private Ending read(Batches batches, Pace pace, BatchWriter writer, Tally before) {
        Patience patience = new Patience(operator, stop);
        Position reached = new Position(plan.next(), before);
        boolean isDoubtful = false;
        // read to the end is not written to the end: a batch that met a fault is still to come
        while ((isDoubtful || !batches.isFinished()) && !stop.isWanted()) {
            try {
                if (isDoubtful) {
                    reached = writer.durable(reached);
                    batches.seek(reached.next());
                    isDoubtful = false;
                }
                Batch batch = batches.read();
                if (batch.next().equals(reached.next())) {
                    // nothing came yet, which says nothing of the fault that was waited for
                    continue;
                }
                reached = write(batch, writer, reached.tally());
                patience.reward();
                boolean yielded =
                        !batches.isFinished() && pace.await(batch.records().size());
                operator.progress(plan.done(batch.next()), reached.tally(), yielded);
            } catch (RuntimeException fault) {
                isDoubtful = true;
                patience.await(fault, writer.advice());
            }
        }
        return new Ending(!isDoubtful && batches.isFinished(), reached.tally());
    }

    private Position write(Batch batch, BatchWriter writer, Tally before) {
        List<ConsumerRecord<byte[], byte[]>> wanted =
                batch.records().stream().filter(filter::accepts).toList();
        Position after = new Position(batch.next(), new Tally(before));
        after.tally().skip(batch.records().size() - wanted.size());
        writer.write(wanted, after);
        return after;
    }
}

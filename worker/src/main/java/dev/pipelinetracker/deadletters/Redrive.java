package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.engine.Outcome;
import dev.pipelinetracker.replay.Manner;
import dev.pipelinetracker.replay.OpenFeed;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.Pace;
import dev.pipelinetracker.replay.StopSignal;
import dev.pipelinetracker.replay.Tally;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Drives letters, batch by batch, at its pace, and tells what became of them. */
final class Redrive {

    private static final int BATCH = 500;

    private final OpenFeed feed;
    private final Manner manner;
    private final Operator operator;
    private final StopSignal stop;

    Redrive(OpenFeed feed, Manner manner, Operator operator, StopSignal stop) {
        this.feed = feed;
        this.manner = manner;
        this.operator = operator;
        this.stop = stop;
    }

    /**
     * Returns at the end of all, or earlier if a stop is wanted: whether all were driven.
     *
     * @param driver gives one outcome per letter; after a fault of the world it gets the same batch again
     * @throws dev.pipelinetracker.replay.FailedException if a fault of the world does not pass
     */
    boolean all(List<Letter> letters, Function<List<Letter>, List<Outcome>> driver) {
        Tally tally = new Tally();
        Pace pace = feed.pace(manner.speed(), stop);
        operator.begin("dead letters", letters.size());
        boolean finished;
        try {
            finished = new InBatches(letters, pace.batch(BATCH), operator, stop).each(batch -> {
                tally.add(driver.apply(batch));
                operator.progress(tally.records(), tally, pace.await(batch.size()));
            });
        } finally {
            operator.close();
        }
        String status = (manner.dryRun() ? "dry run, nothing was changed" : "redrive") + (finished ? "" : ", stopped");
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("feed", feed.name());
        object.put("status", finished ? "done" : "stopped");
        object.put("dry_run", manner.dryRun());
        object.putAll(tally.asMap());
        operator.show("end", object, "%s: %,d dead letters: %s".formatted(status, tally.records(), tally));
        return finished;
    }
}

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
import org.springframework.dao.DataAccessException;

/** Drives letters, batch by batch, at its pace, and tells what became of them. */
final class Redrive {

    private final OpenFeed feed;
    private final OpenLetters letters;
    private final LetterFilter filter;
    private final Manner manner;
    private final Operator operator;
    private final StopSignal stop;

    Redrive(
            OpenFeed feed,
            OpenLetters letters,
            LetterFilter filter,
            Manner manner,
            Operator operator,
            StopSignal stop) {
        this.feed = feed;
        this.letters = letters;
        this.filter = filter;
        this.manner = manner;
        this.operator = operator;
        this.stop = stop;
    }

    /**
     * Returns at the end of all, or earlier if a stop is wanted: whether all were driven.
     *
     * @param planned how many there are
     * @param driver gives one outcome per letter, or none where another has dealt with it meanwhile; after a fault of the world it gets the same batch again
     * @throws dev.pipelinetracker.replay.FailedException if a fault of the world does not pass
     */
    boolean all(long planned, Function<List<Letter>, List<Outcome>> driver) {
        Tally tally = new Tally();
        Pace pace = feed.pace(manner.speed(), stop);
        operator.begin("dead letters", planned);
        boolean finished = false;
        String ended = "failed";
        try {
            InBatches batches = new InBatches(letters, filter, pace.batch(OpenLetters.BATCH), operator, stop);
            finished = batches.each(batch -> {
                List<Outcome> outcomes = driver.apply(batch);
                tally.add(outcomes);
                tally.skip(batch.size() - outcomes.size());
                operator.progress(tally.records(), tally, pace.await(batch.size()));
            });
            ended = finished ? "done" : "stopped";
        } finally {
            operator.close();
            if (!manner.dryRun()) {
                note(tally, ended);
            }
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

    /** The letters' own register is what counts; this is for the audit and the meters. */
    private void note(Tally tally, String ended) {
        try {
            letters.noteRedrive(tally, ended);
        } catch (DataAccessException e) {
            operator.say("the redrive could not be put on record in tracker.replays");
        }
    }
}

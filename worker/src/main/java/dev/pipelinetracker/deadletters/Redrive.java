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
    private final TooLarge tooLarge;

    Redrive(
            OpenFeed feed,
            OpenLetters letters,
            LetterFilter filter,
            Manner manner,
            Operator operator,
            StopSignal stop,
            TooLarge tooLarge) {
        this.feed = feed;
        this.letters = letters;
        this.filter = filter;
        this.manner = manner;
        this.operator = operator;
        this.stop = stop;
        this.tooLarge = tooLarge;
    }

    /**
     * Returns at the end of all, or earlier if a stop is wanted: whether all were driven, and none stays open for its size.
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
            ended = status(finished);
        } finally {
            operator.close();
            if (!manner.dryRun()) {
                note(tally, ended);
            }
        }
        tell(status(finished), tally);
        return finished && tooLarge.letters() == 0;
    }

    /** There are none, which is no redrive to be put on record: they are all driven. */
    boolean none() {
        tell("done", new Tally());
        return true;
    }

    private String status(boolean finished) {
        return finished ? tooLarge.letters() == 0 ? "done" : "failed" : "stopped";
    }

    private void tell(String status, Tally tally) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("feed", feed.name());
        object.put("status", status);
        object.put("dry_run", manner.dryRun());
        object.putAll(tally.asMap());
        object.put("too_large", tooLarge.letters());
        operator.show(
                "end",
                object,
                "%s%s: %,d dead letters: %s%s"
                        .formatted(
                                manner.dryRun() ? "dry run, nothing was changed" : "redrive",
                                status.equals("stopped") ? ", stopped" : "",
                                tally.records(),
                                tally,
                                tooLarge));
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

package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.Patience;
import dev.pipelinetracker.replay.StopSignal;
import java.util.List;
import java.util.function.Consumer;

/** Hands letters out batch by batch, each again while the world is at fault. */
final class InBatches {

    private static final String ADVICE = "run the same command again: what is done is not offered again";

    private final List<Letter> letters;
    private final int size;
    private final Patience patience;
    private final StopSignal stop;

    /** Of at most {@code size} letters. */
    InBatches(List<Letter> letters, int size, Operator operator, StopSignal stop) {
        this.letters = letters;
        this.size = size;
        this.patience = new Patience(operator, stop);
        this.stop = stop;
    }

    /**
     * Returns at the end of all, or earlier if a stop is wanted: whether all were dealt with.
     *
     * @throws dev.pipelinetracker.replay.FailedException if a fault of the world does not pass
     */
    boolean each(Consumer<List<Letter>> work) {
        int done = 0;
        while (done < letters.size() && !stop.isWanted()) {
            List<Letter> batch = letters.subList(done, Math.min(letters.size(), done + size));
            try {
                work.accept(batch);
            } catch (RuntimeException fault) {
                patience.await(fault, ADVICE);
                continue;
            }
            patience.reward();
            done += batch.size();
        }
        return done == letters.size();
    }
}

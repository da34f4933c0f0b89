package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.replay.Batches;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.Patience;
import dev.pipelinetracker.replay.StopSignal;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads open letters and hands them out batch by batch, each again while the world is at fault. */
final class InBatches {

    private static final String ADVICE = "run the same command again: what is done is not offered again";

    private final OpenLetters letters;
    private final LetterFilter filter;
    private final int size;
    private final Operator operator;
    private final Patience patience;
    private final StopSignal stop;

    /** Of those letters that are meant, at most {@code size} at once. */
    InBatches(OpenLetters letters, LetterFilter filter, int size, Operator operator, StopSignal stop) {
        this.letters = letters;
        this.filter = filter;
        this.size = size;
        this.operator = operator;
        this.patience = new Patience(operator, stop);
        this.stop = stop;
    }

    /**
     * Returns at the end of all, or earlier if a stop is wanted: whether all were dealt with.
     *
     * @throws dev.pipelinetracker.replay.FailedException if a fault of the world does not pass
     */
    boolean each(Consumer<List<Letter>> work) {
        stop.workBegins();
        try (Batches batches = letters.read(size, operator)) {
            while (!batches.isFinished()) {
                List<ConsumerRecord<byte[], byte[]>> polled = batches.read().records();
                Optional<List<Letter>> open = patiently(() -> letters.open(polled, filter));
                if (open.isEmpty() || !isDone(open.get(), work)) {
                    return false;
                }
            }
            return true;
        }
    }

    private boolean isDone(List<Letter> open, Consumer<List<Letter>> work) {
        return open.isEmpty()
                || patiently(() -> {
                            work.accept(open);
                            return open;
                        })
                        .isPresent();
    }

    /** Empty if a stop was wanted before it was done. */
    private <T> Optional<T> patiently(Supplier<T> work) {
        while (!stop.isWanted()) {
            try {
                T result = work.get();
                patience.reward();
                return Optional.of(result);
            } catch (RuntimeException fault) {
                patience.await(fault, ADVICE);
            }
        }
        return Optional.empty();
    }
}

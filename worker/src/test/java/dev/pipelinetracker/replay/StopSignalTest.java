package dev.pipelinetracker.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StopSignalTest {

    @Test
    void whileNothingIsInHandTheJvmMayGoAtOnce() throws Exception {
        try (StopSignal signal = StopSignal.installed()) {
            CompletableFuture.runAsync(signal::stopAndWait).get(10, TimeUnit.SECONDS);

            assertThat(signal.isWanted()).isTrue();
        }
    }

    @Test
    void itWaitsForTheBatchInHand() throws Exception {
        StopSignal signal = StopSignal.installed();
        signal.workBegins();
        CompletableFuture<Void> gone = CompletableFuture.runAsync(signal::stopAndWait);
        // wakes up: the JVM is asked to end
        signal.sleep(Duration.ofMinutes(1));
        assertThat(gone).isNotDone();

        signal.close();

        gone.get(10, TimeUnit.SECONDS);
    }
}

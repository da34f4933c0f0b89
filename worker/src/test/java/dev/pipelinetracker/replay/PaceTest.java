package dev.pipelinetracker.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.support.RealBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;

class PaceTest {

    /** An average would allow a hundred at once after a wait of one second. */
    @Test
    void theRateIsABoundForEverySecondEvenAfterAWait() {
        try (Admin admin = RealBroker.admin();
                StopSignal stop = StopSignal.installed()) {
            Pace pace = new Pace(
                    new Speed(Rate.parse("100/s"), false, 0), new LiveLag(admin, "no-" + UUID.randomUUID()), stop);
            int batch = pace.batch(5_000);
            List<Long> done = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                if (i == 10) {
                    stop.sleep(Duration.ofSeconds(2));
                }
                for (int record = 0; record < batch; record++) {
                    done.add(System.nanoTime());
                }
                pace.await(batch);
            }
            long second = Duration.ofSeconds(1).toNanos();
            for (long from : done) {
                assertThat(done.stream().filter(at -> at >= from && at < from + second))
                        .as("records within a second")
                        .hasSizeLessThanOrEqualTo(120);
            }
        }
    }
}

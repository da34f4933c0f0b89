package dev.pipelinetracker.listen;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WaitLogTest {

    private Instant now = Instant.parse("2026-11-22T03:00:00Z");
    private final WaitLog waits = new WaitLog(() -> now);

    @Test
    void aNightOfAttemptsIsToldInFewLines() {
        List<Long> minutes = new ArrayList<>();
        for (int second = 0; second < 8 * 3_600; second += 2) {
            waits.failed("database").ifPresent(waited -> minutes.add(waited.toMinutes()));
            now = now.plusSeconds(2);
        }
        assertThat(minutes).containsExactly(0L, 1L, 3L, 7L, 15L, 31L, 63L, 123L, 183L, 243L, 303L, 363L, 423L);
        assertThat(waits.over()).contains(Duration.ofHours(8));
        assertThat(waits.over()).as("told once").isEmpty();
    }

    @Test
    void reasonsThatTakeTurnsAreToldOnceEach() {
        assertThat(waits.failed("away")).contains(Duration.ZERO);
        now = now.plusSeconds(10);
        assertThat(waits.failed("read-only")).contains(Duration.ofSeconds(10));
        assertThat(waits.failed("away")).isEmpty();
        assertThat(waits.failed("read-only")).isEmpty();
    }

    @Test
    void theNextWaitIsToldAnew() {
        waits.failed("away");
        waits.over();
        now = now.plusSeconds(5);
        assertThat(waits.failed("away")).isEqualTo(Optional.of(Duration.ZERO));
    }

    @ParameterizedTest
    @CsvSource({"PT0.44S, 0.4 s", "PT25.9S, 25 s", "PT3M59S, 3 min", "PT2H5M, 2 h 5 min"})
    void timesAreWrittenForPeople(Duration time, String text) {
        assertThat(WaitLog.text(time)).isEqualTo(text);
    }
}

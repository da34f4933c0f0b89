package dev.pipelinetracker.publish;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

class RisingTimeTest {

    @Test
    void a_clock_that_stands_still_or_is_set_back_never_makes_a_later_state_the_older_one() {
        Iterator<Instant> clock = List.of(
                        Instant.parse("2026-03-08T08:00:00.123456789Z"),
                        Instant.parse("2026-03-08T08:00:00.123456999Z"),
                        Instant.parse("2026-03-08T07:00:00Z"),
                        Instant.parse("2026-03-08T08:00:00.5Z"))
                .iterator();
        RisingTime time = new RisingTime(clock::next);
        assertThat(List.of(time.next(), time.next(), time.next(), time.next()))
                .containsExactly(
                        Instant.parse("2026-03-08T08:00:00.123456Z"),
                        Instant.parse("2026-03-08T08:00:00.123457Z"),
                        Instant.parse("2026-03-08T08:00:00.123458Z"),
                        Instant.parse("2026-03-08T08:00:00.5Z"));
    }
}

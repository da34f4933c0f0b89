package dev.pipelinetracker.publish;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class UuidV7Test {

    /** The moment of RFC 9562's own example, appendix A.6. */
    private static final Instant MOMENT = Instant.ofEpochMilli(0x017F22E279B0L);

    @Test
    void it_has_the_form_of_the_rfcs_example() {
        UUID id = UuidV7.at(MOMENT);
        assertThat(id).asString().startsWith("017f22e2-79b0-7");
        assertThat(id.version()).isEqualTo(7);
        assertThat(id.variant()).isEqualTo(2);
    }

    @Test
    void two_of_one_moment_differ() {
        Set<UUID> ids = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            ids.add(UuidV7.at(MOMENT));
        }
        assertThat(ids).hasSize(10_000);
    }
}

package dev.pipelinetracker.erasure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HowLongTest {

    /** What brokers tell of a topic, those that are none of Apache's with less. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "null",
            value = {
                "cleanup.policy=delete retention.ms=604800000 segment.ms=604800000 | 1209600 | each for at most 14 d after",
                "cleanup.policy=delete retention.ms=5400000 segment.ms=1800000     | 7200    | each for at most 2 h after",
                "retention.ms=90000000 segment.ms=0                                | 90000   | each for at most 1 d 1 h after",
                "cleanup.policy=compact,delete retention.ms=1000 segment.ms=1000   | 2       | each for at most 2 s after",
                "cleanup.policy=compact retention.ms=604800000 segment.ms=1        | -1      | for ever",
                "cleanup.policy=delete retention.ms=-1 segment.ms=604800000        | -1      | for ever",
                "cleanup.policy=delete retention.ms=604800000                      | null    | not known",
                "segment.ms=604800000                                              | null    | not known",
                "cleanup.policy=delete retention.ms=9223372036854775807 segment.ms=9223372036854775807 | 18446744073709551 | each for at most",
            })
    void isToldByRetentionAndSegment(String settings, @Nullable Long seconds, String told) {
        List<ConfigEntry> entries = Stream.of(settings.split(" ", -1))
                .map(setting -> new ConfigEntry(
                        setting.substring(0, setting.indexOf('=')), setting.substring(setting.indexOf('=') + 1)))
                .toList();

        HowLong howLong = HowLong.of(new Config(entries));

        assertThat(howLong.longestSeconds()).isEqualTo(seconds);
        assertThat(howLong.toString()).contains(told);
    }
}

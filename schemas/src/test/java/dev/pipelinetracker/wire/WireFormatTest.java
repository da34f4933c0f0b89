package dev.pipelinetracker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireFormatTest {
    @Test
    void frames_with_a_zero_byte_and_the_id_in_big_endian() {
        assertThat(WireFormat.frame(0x01020304, new byte[] {9})).containsExactly(0, 1, 2, 3, 4, 9);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 127, 128, 65_536, Integer.MAX_VALUE, -1, Integer.MIN_VALUE})
    void reads_the_id_that_it_framed(int id) throws Exception {
        assertThat(WireFormat.schemaId(WireFormat.frame(id, new byte[0]))).isEqualTo(id);
    }

    @Test
    void names_what_is_not_the_wire_format() {
        assertUnreadable(null, "null value");
        assertUnreadable(new byte[0], "empty value");
        assertUnreadable(new byte[] {0, 0, 0, 1}, "too short");
        assertUnreadable(new byte[] {'{', '"', 'a', '"', ':', '1', '}'}, "first byte is not 0x00");
        assertUnreadable(new byte[17], new byte[] {1}, "GUID");
        assertUnreadable(new byte[20], new byte[] {(byte) 0xC3, 1}, "single-object encoding");
        assertUnreadable(new byte[] {(byte) 0xC3}, "first byte is not 0x00");
    }

    private static void assertUnreadable(byte[] payload, byte[] start, String message) {
        System.arraycopy(start, 0, payload, 0, start.length);
        assertUnreadable(payload, message);
    }

    private static void assertUnreadable(byte @Nullable [] payload, String message) {
        assertThatThrownBy(() -> WireFormat.schemaId(payload))
                .isInstanceOf(UnreadableEventException.class)
                .hasMessageContaining(message);
    }
}

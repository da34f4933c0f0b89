package dev.pipelinetracker.publish;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ErrorTextTest {

    @Test
    void what_no_text_column_holds_is_replaced_and_the_rest_is_kept() {
        assertThat(ErrorText.storable("a\0b\uD800c\uDC00 😀")).isEqualTo("a\uFFFDb\uFFFDc\uFFFD 😀");
    }

    @Test
    void an_error_that_cannot_tell_its_message_is_told_by_its_kind() {
        assertThat(ErrorText.of(new Mute())).isEqualTo(Mute.class.getName());
    }

    private static final class Mute extends Exception {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("no message");
        }
    }

    @Test
    void a_cut_leaves_no_half_of_a_pair() {
        String cut = ErrorText.storable("x".repeat(7_999) + "😀");
        assertThat(cut).hasSize(8_000).endsWith("x\uFFFD");
    }
}

package dev.pipelinetracker.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordKeyTest {

    private static final UUID ORGANIZATION = UUID.fromString("0000000a-000b-4000-8000-00000000000f");

    @ParameterizedTest
    @ValueSource(strings = {"0000000a-000b-4000-8000-00000000000f", "0000000A-000B-4000-8000-00000000000F"})
    void theOrganizationsTextFormFits(String key) {
        assertThat(RecordKey.mismatch(key.getBytes(UTF_8), ORGANIZATION)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a-b-4000-8000-f",
                "0000000a-000b-4000-8000-00000000000e",
                "0000000a-000b-4000-8000-00000000000f ",
                "0000000a000b40008000-00000000000f---",
                "10000000a-000b-4000-8000-0000000000f",
                "+000000a-000b-4000-8000-00000000000f",
                "{000000a-000b-4000-8000-00000000000}",
                "not a uuid, but of thirty-six chars.."
            })
    void anythingElseIsAMismatch(String key) {
        assertThat(RecordKey.mismatch(key.getBytes(UTF_8), ORGANIZATION)).isNotNull();
    }

    @Test
    void aMissingKeyIsAMismatch() {
        assertThat(RecordKey.mismatch(null, ORGANIZATION)).isEqualTo("key is missing: it must be the value's org_id");
    }
}

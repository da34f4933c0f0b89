package dev.pipelinetracker.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The systemd unit, by systemd's own reading; and that secrets arrive under their properties' names. */
class SystemdTest {

    private static final Path UNIT = Path.of("systemd", "pipeline-tracker.service");

    @Test
    void systemdAcceptsTheUnit() throws Exception {
        Tool.Outcome verify = Tool.required("SystemdTest", "apt-get install systemd", "systemd-analyze")
                .run("verify", UNIT.toAbsolutePath().toString());

        assertThat(verify.output()).doesNotContain(UNIT.getFileName() + ":");
    }

    /** A folder's credentials get the folder's name before their own (systemd.exec), which no property has. */
    @Test
    void aSecretIsNamedLikeItsProperty() throws Exception {
        List<String> unit = Files.readAllLines(UNIT);
        assertThat(unit).contains("Environment=SPRING_CONFIG_IMPORT=configtree:%d/");
        assertThat(unit)
                .filteredOn(line -> line.startsWith("LoadCredential="))
                .isNotEmpty()
                .allMatch(line -> line.matches("LoadCredential=([a-z.-]+):.*/\\1"));
    }
}

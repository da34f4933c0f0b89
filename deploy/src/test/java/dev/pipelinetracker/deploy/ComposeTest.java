package dev.pipelinetracker.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The compose file, by compose's own reading of its schema; and that it mounts what exists. */
class ComposeTest {

    private static final Path FOLDER = Path.of("compose");
    private static final Path FILE = FOLDER.resolve("compose.yaml");

    private final Yaml services = Yaml.read(FILE).at("services");

    @Test
    void composeAcceptsTheFile() throws Exception {
        Tool compose = Tool.required("ComposeTest", "apt-get install docker-compose", "docker-compose");

        Tool.Outcome outcome = compose.run("-f", FILE.toString(), "--profile", "demo", "config", "-q");

        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    }

    @Test
    void whatIsMountedExists() {
        List<String> mounted = services.keys().stream()
                .filter(service -> services.at(service).has("volumes"))
                .flatMap(service -> services.at(service, "volumes").items().stream())
                .map(volume -> volume.text().replaceAll(":.*", ""))
                .filter(source -> source.startsWith("."))
                .toList();

        assertThat(mounted)
                .hasSizeGreaterThan(4)
                .allSatisfy(source -> assertThat(Files.exists(FOLDER.resolve(source)))
                        .as(source)
                        .isTrue());
    }

    @Test
    void theWorkerWaitsForWhatItNeedsWritesNowhereAndHasTimeToStop() {
        Yaml worker = services.at("worker");

        assertThat(worker.at("depends_on").keys()).containsExactlyInAnyOrder("topics", "schemas", "worker-login");
        assertThat(worker.at("read_only").node()).isEqualTo(true);
        assertThat(worker.at("stop_grace_period").text()).isEqualTo("35s");
    }

    @Test
    void onlyMigrationsRunAsTheTablesOwner() {
        assertThat(services.at("migrate", "environment", "SPRING_DATASOURCE_USERNAME")
                        .text())
                .isEqualTo("etl_user");
        assertThat(services.at("worker", "environment", "SPRING_DATASOURCE_USERNAME")
                        .text())
                .isEqualTo("etl_worker");
        assertThat(services.at("worker", "secrets").items())
                .singleElement()
                .satisfies(secret -> assertThat(secret.at("source").text()).isEqualTo("worker-password"));
    }

    @Test
    void everyPortIsOnThisMachineOnly() {
        assertThat(services.keys())
                .filteredOn(service -> services.at(service).has("ports"))
                .isNotEmpty()
                .allSatisfy(service -> assertThat(services.at(service, "ports").items())
                        .allSatisfy(port -> assertThat(port.text()).startsWith("127.0.0.1:")));
    }
}

package dev.pipelinetracker.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The compose file, by compose's own reading of its schema; and that it mounts what exists. */
class ComposeTest {

    private static final Path FOLDER = Path.of("compose");
    private static final Path FILE = FOLDER.resolve("compose.yaml");

    private final Yaml services = Yaml.read(FILE).at("services");

    @Test
    void composeAcceptsTheFile() throws Exception {
        Tool compose =
                Tool.required("ComposeTest", "apt-get install docker-compose", "docker-compose", "docker compose");

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

    /** Else its data would be in a volume of the image's own, which the next {@code down} leaves without a name. */
    @Test
    void postgresKeepsItsDataInTheVolumeWithTheImagesOf15To18() {
        Yaml postgres = services.at("postgres");
        String mounted = postgres.at("volumes").items().get(0).text();

        assertThat(mounted).isEqualTo("postgres:/var/lib/postgresql");
        assertThat(postgres.at("environment", "PGDATA").text())
                .startsWith("/var/lib/postgresql/")
                // the images' own volume before 18
                .doesNotStartWith("/var/lib/postgresql/data");
    }

    /** Nothing waits for a mere start where there is a health check or an end to wait for. */
    @Test
    void eachWaitsUntilWhatItNeedsIsHealthyOrDone() {
        services.keys().stream()
                .map(services::at)
                .filter(service ->
                        service.has("depends_on") && service.at("depends_on").node() instanceof Map)
                .forEach(service -> assertThat(service.at("depends_on").keys())
                        .allSatisfy(needed -> assertThat(service.at("depends_on", needed, "condition")
                                        .text())
                                .isEqualTo(
                                        services.at(needed).has("healthcheck")
                                                ? "service_healthy"
                                                : "service_completed_successfully")));
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

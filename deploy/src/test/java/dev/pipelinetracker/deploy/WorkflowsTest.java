package dev.pipelinetracker.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What runs where the project is hosted: on which versions, and what a tag publishes. */
class WorkflowsTest {

    private static final Path FOLDER = Path.of("..", ".github", "workflows");

    @Test
    void everyChangeIsVerifiedOnAllJdksAndInContainersOnTheOldestAndTheNewestPostgres() {
        Yaml jobs = Yaml.read(FOLDER.resolve("verify.yaml")).at("jobs");

        assertThat(jobs.at("verify", "strategy", "matrix", "java").node()).isEqualTo(List.of("17", "21", "25"));
        assertThat(commands(jobs.at("verify"))).contains("mvn -B verify");
        assertThat(jobs.at("containers", "strategy", "matrix", "postgres").node())
                .isEqualTo(List.of("15", "18"));
        assertThat(commands(jobs.at("containers")))
                .contains("mvn -B -Pcontainers -Dpostgres.image=postgres:${{ matrix.postgres }} -pl worker -am verify");
    }

    @Test
    void aTagPublishesTheImageTheJarAndItsBillOfMaterials() {
        Yaml release = Yaml.read(FOLDER.resolve("release.yaml"));

        // YAML 1.1 reads `on` as true
        assertThat(String.valueOf(release.node())).contains("true={push={tags=[v*]}}");
        assertThat(commands(release.at("jobs", "image")))
                .contains("mvn -B -Psbom verify")
                .anyMatch(command -> command.contains("docker build -f deploy/Dockerfile"))
                .anyMatch(command -> command.startsWith("gh release create")
                        && command.contains("worker/target/pipeline-tracker.jar")
                        && command.contains("META-INF/sbom/application.cdx.json"));
    }

    private static List<String> commands(Yaml job) {
        return job.at("steps").items().stream()
                .filter(step -> step.has("run"))
                .map(step -> step.at("run").text().strip())
                .toList();
    }
}

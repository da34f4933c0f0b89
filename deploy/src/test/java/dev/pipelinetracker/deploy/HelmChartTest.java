package dev.pipelinetracker.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1CronJob;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1Job;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The chart, rendered by Helm's own engine and read by Kubernetes' own models, which refuse unknown and missing fields. */
class HelmChartTest {

    private static final Path CHART = Path.of("helm", "pipeline-tracker");

    private static final Map<String, Class<?>> KINDS = Map.of(
            "Deployment", V1Deployment.class,
            "Service", V1Service.class,
            "ServiceAccount", V1ServiceAccount.class,
            "PodDisruptionBudget", V1PodDisruptionBudget.class,
            "NetworkPolicy", V1NetworkPolicy.class,
            "ConfigMap", V1ConfigMap.class,
            "Job", V1Job.class,
            "CronJob", V1CronJob.class);

    /** Of the Prometheus operator and of KEDA, whose schemas no library on Maven Central has: what matters is tested below. */
    private static final List<String> OTHERS = List.of("ServiceMonitor", "PrometheusRule", "ScaledObject");

    @TempDir
    private static Path copy;

    /** What is required is set in the copy, and its hooks are manifests like others: as a library, Helm leaves hooks out. */
    @BeforeAll
    static void copyTheChart() throws IOException {
        try (Stream<Path> files = Files.walk(CHART)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = copy.resolve(CHART.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.writeString(
                        target,
                        Files.readString(file)
                                .replace("bootstrapServers: \"\"", "bootstrapServers: kafka:9092")
                                .replaceFirst("url: \"\"", "url: jdbc:postgresql://postgres:5432/etl")
                                .replaceFirst("url: \"\"", "url: http://registry:8080")
                                .replace("helm.sh/hook: ", "hook: "));
            }
        }
    }

    @Test
    void helmFindsNoFault() {
        LintResult lint = new Helm(copy).lint().strict().call();

        assertThat(lint.isFailed()).as(lint.getMessages().toString()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"values.yaml", "values-small.yaml", "values-large.yaml"})
    void everyManifestIsWhatKubernetesExpects(String values) throws Exception {
        List<Yaml> manifests = render(
                values,
                chart -> chart.set("replay.enabled", true)
                        .set("retention.enabled", true)
                        .set("serviceMonitor.enabled", true)
                        .set("prometheusRule.enabled", true)
                        .set("dashboard.enabled", true)
                        .set("autoscaling.enabled", true));

        assertThat(manifests).hasSizeGreaterThan(10);
        for (Yaml manifest : manifests) {
            String kind = manifest.at("kind").text();
            Class<?> model = KINDS.get(kind);
            if (model == null) {
                assertThat(kind).isIn(OTHERS);
                continue;
            }
            String json = JSON.getGson().toJson(manifest.node());
            model.getMethod("validateJsonElement", JsonElement.class).invoke(null, JsonParser.parseString(json));
            assertThat(JSON.getGson().fromJson(json, (Class<?>) model)).isNotNull();
        }
    }

    @Test
    void aFieldThatKubernetesDoesNotKnowWouldBeSeen() {
        assertThatThrownBy(() -> V1Deployment.validateJsonElement(JsonParser.parseString("{\"spex\": {}}")))
                .hasMessageContaining("spex");
    }

    @Test
    void probesAskTheHealthGroupsAndTheGraceIsLongerThanTheWorkersOwn() {
        Yaml pod = one(render("values.yaml", chart -> chart), "Deployment").at("spec", "template", "spec");
        Yaml worker = pod.at("containers").items().get(0);

        assertThat(worker.at("livenessProbe", "httpGet", "path").text()).isEqualTo("/actuator/health/liveness");
        assertThat(worker.at("readinessProbe", "httpGet", "path").text()).isEqualTo("/actuator/health/readiness");
        // CrashTest: 29 s at the very most
        assertThat(Integer.parseInt(pod.at("terminationGracePeriodSeconds").text()))
                .isGreaterThan(29);
        assertThat(worker.at("securityContext", "readOnlyRootFilesystem").node())
                .isEqualTo(true);
    }

    @Test
    void autoscalingIsBoundedByPartitionsAndReplacesTheReplicas() {
        List<Yaml> manifests = render("values-large.yaml", chart -> chart);
        Yaml scaled = one(manifests, "ScaledObject").at("spec");

        // 48 partitions by 4 consumers, and 24 by 2
        assertThat(scaled.at("maxReplicaCount").node()).isEqualTo(12);
        assertThat(scaled.at("triggers").items())
                .hasSize(3)
                .allSatisfy(trigger -> assertThat(
                                trigger.at("metadata", "consumerGroup").text())
                        .startsWith("pipeline-tracker."));
        assertThat(one(manifests, "Deployment").at("spec").has("replicas")).isFalse();
    }

    @Test
    void theNetworkPolicyLetsScrapesInAndWorkersOutToWhatTheyNeedAndNoFurther() {
        List<Yaml> manifests = render("values.yaml", chart -> chart);
        Yaml policy = one(manifests, "NetworkPolicy").at("spec");

        assertThat(podLabels(manifests)).containsAllEntriesOf(map(policy.at("podSelector", "matchLabels")));
        assertThat(policy.at("policyTypes").node()).isEqualTo(List.of("Ingress", "Egress"));
        assertThat(policy.at("ingress").items()).singleElement().satisfies(scrape -> {
            assertThat(ports(scrape)).containsExactly("TCP 8081");
            assertThat(scrape.at("from").items())
                    .singleElement()
                    .extracting(peer ->
                            map(peer.at("namespaceSelector", "matchLabels")).get("kubernetes.io/metadata.name"))
                    .isEqualTo("monitoring");
        });
        assertThat(policy.at("egress").items().stream().map(HelmChartTest::ports))
                .containsExactly(
                        List.of("UDP 53", "TCP 53"), List.of("TCP 9092"), List.of("TCP 5432"), List.of("TCP 8080"));
    }

    @Test
    void theNetworkPolicyCanBeNarrowedAndLeftOut() {
        Yaml narrow = one(
                        render(
                                "values.yaml",
                                chart -> chart.set("networkPolicy.scrapeFrom", "null")
                                        .set("networkPolicy.egress[0].name", "kafka")
                                        .set("networkPolicy.egress[0].port", 9093)
                                        .set("networkPolicy.egress[0].to[0].ipBlock.cidr", "10.1.0.0/16")),
                        "NetworkPolicy")
                .at("spec");

        // an empty list of peers would be everybody
        assertThat(narrow.at("ingress").items()).isEmpty();
        Yaml kafka = narrow.at("egress").items().get(1);
        assertThat(ports(kafka)).containsExactly("TCP 9093");
        assertThat(kafka.at("to").items())
                .singleElement()
                .extracting(peer -> peer.at("ipBlock", "cidr").text())
                .isEqualTo("10.1.0.0/16");
        assertThat(render("values.yaml", chart -> chart.set("networkPolicy.enabled", false)))
                .extracting(manifest -> manifest.at("kind").text())
                .doesNotContain("NetworkPolicy");
    }

    @Test
    void oneWorkerMayBeTakenAwayAtATimeAndNoJobCountsAsOne() {
        List<Yaml> manifests = render("values.yaml", chart -> chart);
        Yaml budget = one(manifests, "PodDisruptionBudget").at("spec");
        Map<String, String> selected = map(budget.at("selector", "matchLabels"));
        Yaml migration = one(manifests, "Job").at("spec", "template", "metadata", "labels");

        assertThat(budget.at("maxUnavailable").node()).isEqualTo(1);
        assertThat(podLabels(manifests)).containsAllEntriesOf(selected);
        assertThat(map(migration).entrySet().containsAll(selected.entrySet())).isFalse();
    }

    /** The chart as it is in the tree, where they are links to the files outside of it, which Helm follows. */
    @Test
    void rulesAndDashboardAreTheVeryFilesThatAreTested() throws IOException {
        List<Yaml> manifests = render(
                CHART,
                "values-large.yaml",
                chart -> chart.set("kafka.bootstrapServers", "kafka:9092")
                        .set("database.url", "jdbc:postgresql://postgres:5432/etl")
                        .set("registry.url", "http://registry:8080"));

        assertThat(one(manifests, "ConfigMap")
                        .at("data", "pipeline-tracker.json")
                        .text())
                .isEqualTo(Files.readString(Path.of("grafana", "dashboards", "pipeline-tracker.json")));
        assertThat(one(manifests, "PrometheusRule").at("spec", "groups").items())
                .containsExactlyElementsOf(Stream.of("rules.yaml", "alerts.yaml")
                        .flatMap(file -> Yaml.read(Path.of("prometheus", file)).at("groups").items().stream())
                        .toList());
    }

    @Test
    void migrationsRunBeforeTheWorkersAndAReplayIsAJobThatIsNotTriedAgain() {
        List<Yaml> manifests = render(
                "values.yaml",
                chart -> chart.set("replay.enabled", true)
                        .set("replay.args[0]", "--feed")
                        .set("replay.args[1]", "pipeline-runs")
                        .set("replay.args[2]", "--all")
                        .set("migrate.rowLevelSecurity", true)
                        .set("operator.username", "etl_operator")
                        .set("operator.secretName", "operators-password"));
        Yaml migrate = manifests.stream()
                .filter(manifest -> manifest.at("metadata").has("annotations"))
                .findFirst()
                .orElseThrow();
        Yaml replay = manifests.stream()
                .filter(manifest -> manifest.at("metadata").has("generateName"))
                .findFirst()
                .orElseThrow();

        assertThat(migrate.at("metadata", "annotations", "hook").text()).isEqualTo("pre-install,pre-upgrade");
        assertThat(arguments(migrate)).startsWith("migrate", "--row-level-security");
        assertThat(replay.at("spec", "backoffLimit").node()).isEqualTo(0);
        assertThat(arguments(replay))
                .startsWith("replay", "--feed", "pipeline-runs", "--all", "--yes", "--output", "json");
        assertThat(String.valueOf(replay.node())).contains("etl_operator", "operators-password");
        assertThat(String.valueOf(migrate.node())).doesNotContain("etl_operator", "operators-password");
    }

    @Test
    void propertiesReachTheWorkerAsTheyAreWritten() throws IOException {
        Yaml worker = one(
                render(
                        "values.yaml",
                        chart -> chart.set("properties.a", 0.25)
                                .set("properties.b", 20_000_000)
                                .set("properties.c", true)
                                .set("properties.token-endpoint\\.url", "https://idp")),
                "Deployment");
        assertThat(arguments(worker))
                .contains("--a=0.25", "--b=20000000", "--c=true", "--token-endpoint.url=https://idp");
    }

    @Test
    void whatIsRequiredAndWhatIsSecretIsCheckedBeforeAnythingIsInstalled() {
        assertThatThrownBy(() -> new Helm(CHART).template().call()).hasMessageContaining("bootstrapServers");
        assertThatThrownBy(() -> render(
                        "values.yaml", chart -> chart.set("properties.spring\\.datasource\\.password", "in clear")))
                .hasMessageContaining("password");
        assertThatThrownBy(() -> render("values.yaml", chart -> chart.set("properties.A_PASSWORD", "in clear")))
                .hasMessageContaining("PASSWORD");
        assertThatThrownBy(() -> render("values.yaml", chart -> chart.set("autoscalling.enabled", true)))
                .hasMessageContaining("autoscalling");
        assertThatThrownBy(() -> render("values.yaml", chart -> chart.set("terminationGracePeriodSeconds", 20)))
                .hasMessageContaining("terminationGracePeriodSeconds");
    }

    private static List<Yaml> render(String values, UnaryOperator<TemplateCommand> more) {
        return render(copy, values, more);
    }

    private static List<Yaml> render(Path chart, String values, UnaryOperator<TemplateCommand> more) {
        String text = more.apply(new Helm(chart)
                        .template()
                        .withName("tracker")
                        .withKubeVersion("1.34.0")
                        .withValuesFile(chart.resolve(values)))
                .call();
        return Stream.of(text.split("(?m)^---$"))
                .map(Yaml::parse)
                .filter(manifest -> manifest.has("kind"))
                .toList();
    }

    private static Yaml one(List<Yaml> manifests, String kind) {
        List<Yaml> found = manifests.stream()
                .filter(manifest -> manifest.at("kind").text().equals(kind))
                .toList();
        assertThat(found).as(kind).hasSize(1);
        return found.get(0);
    }

    private static Map<String, String> map(Yaml node) {
        return node.keys().stream()
                .collect(Collectors.toMap(key -> key, key -> node.at(key).text()));
    }

    /** The labels of the worker's pods. */
    private static Map<String, String> podLabels(List<Yaml> manifests) {
        return map(one(manifests, "Deployment").at("spec", "template", "metadata", "labels"));
    }

    private static List<String> ports(Yaml rule) {
        return rule.at("ports").items().stream()
                .map(port -> port.at("protocol").text() + " " + port.at("port").text())
                .toList();
    }

    private static List<String> arguments(Yaml job) {
        return job.at("spec", "template", "spec", "containers").items().get(0).at("args").items().stream()
                .map(Yaml::text)
                .toList();
    }
}

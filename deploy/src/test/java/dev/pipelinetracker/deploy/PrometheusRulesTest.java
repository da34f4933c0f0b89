package dev.pipelinetracker.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The alerts: each fires when it must and is silent when it must not, and tells what to do. */
class PrometheusRulesTest {

    private static final Path FOLDER = Path.of("prometheus");
    private static final Path README = Path.of("..", "README.md");
    private static final Path EXPOSITION = Path.of("..", "worker", "src", "test", "resources", "exposition.txt");
    private static final Pattern NAME = Pattern.compile("[a-z_:]*tracker_[a-z0-9_:]+");

    private static final Pattern GROUPED = Pattern.compile("\\b(?:by|on) ?\\(([^)]*)\\)");

    static Stream<String> alerts() {
        return rules("alerts.yaml").map(rule -> rule.at("alert").text());
    }

    @Test
    void promtoolAcceptsTheRules() throws Exception {
        Tool.Outcome check = promtool().run("check", "rules", "prometheus/rules.yaml", "prometheus/alerts.yaml");

        assertThat(check.exitCode()).as(check.output()).isZero();
    }

    @ParameterizedTest
    @MethodSource("alerts")
    void theAlertFiresWhenItMustAndIsSilentWhenItMustNot(String alert) throws Exception {
        String file = "prometheus/tests/" + alert + ".test.yaml";
        List<Yaml> cases = Yaml.read(Path.of(file)).at("tests").items().stream()
                .flatMap(test -> test.at("alert_rule_test").items().stream())
                .toList();
        assertThat(cases)
                .allSatisfy(one -> assertThat(one.at("alertname").text()).isEqualTo(alert))
                .anySatisfy(fires -> assertThat(fires.at("exp_alerts").items()).isNotEmpty())
                .anySatisfy(
                        silent -> assertThat(silent.at("exp_alerts").items()).isEmpty());

        Tool.Outcome test = promtool().run("test", "rules", file);

        assertThat(test.exitCode()).as(test.output()).isZero();
    }

    @Test
    void everyAlertNamesSymptomImpactUrgencyAndARunbookThatExists() throws IOException {
        Set<String> anchors = Files.readString(README)
                .lines()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceAll("^#+ ", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 -]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());

        assertThat(rules("alerts.yaml")).allSatisfy(rule -> {
            assertThat(rule.at("labels", "severity").text()).isIn("page", "ticket");
            assertThat(rule.at("annotations").keys()).containsExactly("summary", "impact", "runbook");
            assertThat(rule.at("annotations", "runbook").text()).startsWith("README.md#");
            assertThat(anchors)
                    .contains(rule.at("annotations", "runbook").text().substring("README.md#".length()));
        });
    }

    @Test
    void everyMetricUsedIsOneThatAWorkerExposesOrARuleRecords() throws IOException {
        Set<String> known = new HashSet<>();
        rules("rules.yaml").map(rule -> rule.at("record").text()).forEach(known::add);
        Files.readString(EXPOSITION)
                .lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.replaceAll("[{ ].*", ""))
                .forEach(known::add);

        assertThat(Stream.concat(rules("rules.yaml"), rules("alerts.yaml")))
                .isNotEmpty()
                .allSatisfy(rule -> assertThat(
                                NAME.matcher(rule.at("expr").text()).results().map(found -> found.group()))
                        .isSubsetOf(known));
    }

    /** Two fleets in one Prometheus, mixed, would hide one another. */
    @Test
    void everyRuleKeepsTheFleetsApart() {
        assertThat(Stream.concat(rules("rules.yaml"), rules("alerts.yaml")))
                .isNotEmpty()
                .allSatisfy(rule -> assertThat(GROUPED.matcher(rule.at("expr").text())
                                .results()
                                .map(found -> found.group(1)))
                        .allMatch(labels -> labels.matches("job, namespace(, .*)?")))
                // an aggregation without labels
                .allSatisfy(rule -> assertThat(rule.at("expr").text())
                        .doesNotContainPattern("\\b(sum|max|min|avg|count|group) ?\\("));
    }

    private static Stream<Yaml> rules(String file) {
        return Yaml.read(FOLDER.resolve(file)).at("groups").items().stream()
                .flatMap(group -> group.at("rules").items().stream());
    }

    private static Tool promtool() {
        return Tool.required("PrometheusRulesTest", "apt-get install prometheus", "promtool");
    }
}

package dev.pipelinetracker.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.events.InsightOrigin;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.wire.EventRules;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BelievableEventsTest {

    private static final Instant START = Instant.parse("2025-12-19T08:30:00.123456Z");
    private static final int EVENTS = 5_000;

    private final long seed = new Random().nextLong();
    private final List<SpecificRecord> events = new ArrayList<>();

    @BeforeEach
    void publish() {
        BelievableEvents source = new BelievableEvents(DemoOrganizations.ALL, new Random(seed));
        Instant now = START;
        for (int i = 0; i < EVENTS; i++) {
            events.add(source.next(now));
            now = now.plus(Duration.ofMillis(30));
        }
        events.addAll(source.cancelAll(now));
        assertThat(source.openRuns()).isZero();
    }

    @Test
    void everyEventKeepsItsSchemasRulesAndCanBeEncoded() throws Exception {
        EventEncoding encoding =
                new EventEncoding(new SchemaRegistry(RegistrySettings.at(URI.create(RealRegistry.url()))));
        for (SpecificRecord event : events) {
            EventRules.of(event.getSchema()).check(event);
            assertThat(encoding.record((UUID) event.get(0), event).value()).hasSizeGreaterThan(5);
        }
    }

    @Test
    void everyRunStartsAdvancesAndEndsOnce() {
        Map<UUID, List<PipelineRun>> runs = of(PipelineRun.class).stream()
                .collect(Collectors.groupingBy(PipelineRun::getPipelineId, LinkedHashMap::new, Collectors.toList()));

        assertThat(runs).as("seed %d", seed).hasSizeGreaterThan(100);
        runs.forEach((id, run) -> {
            PipelineRun end = run.get(run.size() - 1);
            assertThat(run)
                    .as("seed %d, run %s", seed, id)
                    .hasSizeGreaterThan(1)
                    .isSortedAccordingTo(Comparator.comparing(PipelineRun::getTimestamp))
                    .isSortedAccordingTo(Comparator.comparing(PipelineRun::getRecordsProcessed))
                    .isSortedAccordingTo(Comparator.comparing(PipelineRun::getDurationSeconds));
            assertThat(run.stream().map(PipelineRun::getTimestamp))
                    .as("seed %d", seed)
                    .doesNotHaveDuplicates();
            assertThat(run.subList(0, run.size() - 1)).allMatch(step -> step.getStatus() == RunStatus.running);
            assertThat(end.getStatus()).as("seed %d", seed).isNotEqualTo(RunStatus.running);
            assertThat(end.getErrorMessage() != null).isEqualTo(end.getStatus() == RunStatus.failed);
        });
        assertThat(runs.values().stream().map(run -> run.get(run.size() - 1).getStatus()))
                .as("seed %d", seed)
                .contains(RunStatus.completed, RunStatus.failed);
    }

    @Test
    void insightsOfASourceComeFromRagFirstAndFromEtlLater() {
        Set<String> seen = new HashSet<>();
        for (SourceInsight insight : of(SourceInsight.class)) {
            if (seen.add(insight.getOrgId() + insight.getSourceId())) {
                assertThat(insight.getGeneratedFrom()).as("seed %d", seed).isEqualTo(InsightOrigin.rag);
            }
        }
        assertThat(of(SourceInsight.class).stream().map(SourceInsight::getGeneratedFrom))
                .as("seed %d", seed)
                .contains(InsightOrigin.etl);
    }

    @Test
    void chartsAreOfAllKindsAndAllOrganizationsTakePart() {
        assertThat(of(Visualization.class).stream().map(Visualization::getChartType))
                .as("seed %d", seed)
                .contains("bar", "line", "pie");
        assertThat(events.stream().map(event -> event.get(0)).collect(Collectors.toSet()))
                .as("seed %d", seed)
                .hasSize(DemoOrganizations.ALL.size());
    }

    @Test
    void deliveryLosesNothingThoughItIsLateAndDoubled() {
        UnreliableDelivery<Integer> delivery = new UnreliableDelivery<>(new Random(seed));
        List<Integer> arrived = new ArrayList<>();
        for (int i = 0; i < EVENTS; i++) {
            arrived.addAll(delivery.pass(i));
        }
        arrived.addAll(delivery.flush());

        assertThat(arrived).as("seed %d", seed).hasSizeGreaterThan(EVENTS);
        assertThat(new HashSet<>(arrived)).as("seed %d", seed).hasSize(EVENTS);
        assertThat(arrived.stream().sorted().toList()).as("seed %d", seed).isNotEqualTo(arrived);
    }

    private <E extends SpecificRecord> List<E> of(Class<E> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }
}

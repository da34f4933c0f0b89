package dev.pipelinetracker.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pipelinetracker.support.Events;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class BusiestOrganizationsTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void theBusiestOfTheLastIntervalAreShownAndNoMoreThanWereAskedFor() {
        BusiestOrganizations busiest = new BusiestOrganizations(2, registry);
        count(busiest, 1, 5);
        count(busiest, 2, 500);
        count(busiest, 3, 50);
        busiest.show();
        assertThat(shown()).containsExactlyInAnyOrder(id(2), id(3));
        assertThat(registry.get("tracker.busiest.organizations")
                        .tag("org", id(2))
                        .gauge()
                        .value())
                .isPositive();

        count(busiest, 1, 1);
        busiest.show();
        assertThat(shown()).containsExactly(id(1));

        busiest.show();
        assertThat(shown()).isEmpty();
    }

    @Test
    void aMillionOrganizationsTakeNoMoreMemoryThanTenThousand() {
        BusiestOrganizations busiest = new BusiestOrganizations(100, registry);
        count(busiest, 7, 3);
        for (int organization = 0; organization < 50_000; organization++) {
            count(busiest, organization, 1);
        }
        count(busiest, 7, 3);
        busiest.show();
        assertThat(shown()).hasSize(100).contains(id(7));
    }

    @Test
    void noneIsShownUnlessAskedFor() {
        BusiestOrganizations none = new BusiestOrganizations(0, registry);
        count(none, 1, 10);
        none.show();
        assertThat(shown()).isEmpty();
        assertThatThrownBy(() -> new BusiestOrganizations(101, registry)).isInstanceOf(IllegalArgumentException.class);
    }

    private static void count(BusiestOrganizations busiest, int organization, int records) {
        for (int i = 0; i < records; i++) {
            busiest.count(Events.key(UUID.fromString(id(organization))));
        }
    }

    private static String id(int organization) {
        return new UUID(0, organization).toString();
    }

    private List<String> shown() {
        return registry.find("tracker.busiest.organizations").gauges().stream()
                .map((Gauge gauge) -> String.valueOf(gauge.getId().getTag("org")))
                .toList();
    }
}

package dev.pipelinetracker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.publish.EventFeed;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;

/** What {@code publish} takes from the settings of {@code serve}. */
class PublishSettingsTest {

    private static final String SETTING = "--spring.kafka.producer.properties.delivery.timeout.ms=";

    @Test
    void aLineMayTakeTwoMinutesAsOutagesDoUnlessTheUserSaysOtherwise() {
        assertThat(deliveryTimeout()).hasToString("120000");
        assertThat(deliveryTimeout(SETTING + "20000")).hasToString("20000");
        assertThat(deliveryTimeout(SETTING + "45000")).hasToString("45000");
    }

    private static Object deliveryTimeout(String... more) {
        String[] arguments = Stream.concat(
                        Stream.of(
                                "--spring.kafka.bootstrap-servers=127.0.0.1:1",
                                "--tracker.registry.url=http://127.0.0.1:1"),
                        Stream.of(more))
                .toArray(String[]::new);
        try (ConfigurableApplicationContext context = ClientContext.start(arguments)) {
            return java.util.Objects.requireNonNull(
                    new Publish().settings(context, EventFeed.INSIGHTS).kafka().get("delivery.timeout.ms"));
        }
    }
}

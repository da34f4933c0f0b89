package dev.pipelinetracker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.publish.EventFeed;
import java.util.Optional;
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

    @Test
    void theWaitForATopicIsAPartOfThatTimeUnlessTheUserSaysOtherwise() {
        assertThat(setting("max.block.ms")).isEmpty();
        assertThat(setting("max.block.ms", "--spring.kafka.producer.properties.max.block.ms=10000"))
                .hasValueSatisfying(millis -> assertThat(millis).hasToString("10000"));
    }

    private static Object deliveryTimeout(String... more) {
        return setting("delivery.timeout.ms", more).orElseThrow();
    }

    private static Optional<Object> setting(String name, String... more) {
        String[] arguments = Stream.concat(
                        Stream.of(
                                "--spring.kafka.bootstrap-servers=127.0.0.1:1",
                                "--tracker.registry.url=http://127.0.0.1:1"),
                        Stream.of(more))
                .toArray(String[]::new);
        try (ConfigurableApplicationContext context = ClientContext.start(arguments)) {
            return Optional.ofNullable(
                    new Publish().settings(context, EventFeed.INSIGHTS).kafka().get(name));
        }
    }
}

package dev.pipelinetracker;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** Starts the worker without listeners and without a management port: for commands that come to an end. */
public final class EngineOnly {

    private EngineOnly() {}

    /**
     * Starts it.
     *
     * @param needs a class to be added to the context
     * @param arguments properties as {@code --name=value}
     */
    public static ConfigurableApplicationContext start(Class<?> needs, String... arguments) {
        return new SpringApplicationBuilder(Worker.class, needs)
                .web(WebApplicationType.NONE)
                // a signal ends the batch in hand first: StopSignal
                .registerShutdownHook(false)
                .logStartupInfo(false)
                .profiles("operator")
                // the health of listeners, of which there are none
                .properties("management.endpoint.health.validate-group-membership=false")
                .properties(QuietStart.PROPERTIES)
                .listeners(new RequiredSettings(
                        "spring.kafka.bootstrap-servers", "spring.datasource.url", "tracker.registry.url"))
                .run(arguments);
    }
}

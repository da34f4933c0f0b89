package dev.pipelinetracker;

import dev.pipelinetracker.publish.EventFeed;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.util.StringUtils;

/** What a command needs that talks to Kafka and the registry as the worker does, configured as the worker is, and no more. */
final class ClientContext {

    private ClientContext() {}

    /** For what talks to the registry alone. */
    static ConfigurableApplicationContext startForRegistry(String... arguments) {
        return start(new RequiredSettings("tracker.registry.url"), arguments);
    }

    /** For what talks to Kafka, too. */
    static ConfigurableApplicationContext start(String... arguments) {
        return start(new RequiredSettings("spring.kafka.bootstrap-servers", "tracker.registry.url"), arguments);
    }

    private static ConfigurableApplicationContext start(RequiredSettings required, String... arguments) {
        SpringApplication application = new SpringApplicationBuilder(KafkaAndRegistry.class)
                .web(WebApplicationType.NONE)
                .logStartupInfo(false)
                .listeners(required)
                // The command says itself what was not published, with line numbers.
                .properties("logging.level.dev.pipelinetracker.publish=off")
                .properties(QuietStart.PROPERTIES)
                .build();
        return application.run(arguments);
    }

    /** Whether a setting has the value that this jar's own application.yaml gives it. */
    static boolean isOurDefault(ConfigurableApplicationContext context, String name) {
        ConfigurationPropertyName property = ConfigurationPropertyName.of(name);
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(context.getEnvironment())) {
            ConfigurationProperty set = source.getConfigurationProperty(property);
            if (set != null) {
                return String.valueOf(set.getOrigin()).startsWith("class path resource");
            }
        }
        return false;
    }

    /** Whether a registry is configured, by whatever Spring takes settings from. */
    static boolean hasRegistry(String... arguments) {
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Settings.class)
                .web(WebApplicationType.NONE)
                .logStartupInfo(false)
                .run(arguments)) {
            return StringUtils.hasText(context.getEnvironment().getProperty("tracker.registry.url"));
        }
    }

    /** The feed's topic, as {@code tracker.feeds.<feed>.topic} or the default tell. */
    static String topic(ConfigurableApplicationContext context, EventFeed feed) {
        return Binder.get(context.getEnvironment())
                .bind("tracker.feeds." + feed.label() + ".topic", String.class)
                .orElse(feed.defaultTopic());
    }

    /** Nothing but the environment. */
    @Configuration(proxyBeanMethods = false)
    static class Settings {}

    @Configuration(proxyBeanMethods = false)
    @EnableConfigurationProperties({KafkaProperties.class, RegistryConfiguration.Properties.class})
    @ImportAutoConfiguration(SslAutoConfiguration.class)
    @Import(RegistryConfiguration.class)
    static class KafkaAndRegistry {}
}

package dev.pipelinetracker;

import java.util.List;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/** Ends a start at once, and with a sentence, when a setting that has no default is missing. */
final class RequiredSettings implements ApplicationListener<ApplicationEnvironmentPreparedEvent> {

    /** For {@code --help}, in lines that it does not break: what the commands on the engine need. */
    static final String OF_ENGINE =
            "Needs spring.kafka.bootstrap-servers, tracker.registry.url,%nspring.datasource.url, .username and .password;";

    static final String OF_KAFKA_AND_REGISTRY = "Needs spring.kafka.bootstrap-servers and tracker.registry.url;";
    static final String OF_REGISTRY =
            "Needs tracker.registry.url, and .username and .password, .token or%n.ssl-bundle where the registry wants them;";
    static final String HOW_GIVEN = "each as --name=value, or as NAME_WITH_UNDERSCORES in the environment.";

    private final List<String> names;

    RequiredSettings(String... names) {
        this.names = List.of(names);
    }

    @Override
    public void onApplicationEvent(ApplicationEnvironmentPreparedEvent event) {
        Environment environment = event.getEnvironment();
        List<String> missing = names.stream()
                .filter(name -> !StringUtils.hasText(environment.getProperty(name)))
                .toList();
        if (!missing.isEmpty()) {
            throw new MissingSettingException(missing);
        }
    }

    /** Settings are missing. */
    static final class MissingSettingException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        MissingSettingException(List<String> names) {
            super("not set: " + String.join(", ", names)
                    + ". Give each as --name=value, or as NAME_WITH_UNDERSCORES in the environment");
        }
    }

    /** Named in {@code META-INF/spring.factories}: Spring Boot then logs a description and no stack trace. */
    static final class Analyzer extends AbstractFailureAnalyzer<MissingSettingException> {

        @Override
        protected FailureAnalysis analyze(Throwable rootFailure, MissingSettingException cause) {
            return new FailureAnalysis(cause.getMessage(), null, cause);
        }
    }
}

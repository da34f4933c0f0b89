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

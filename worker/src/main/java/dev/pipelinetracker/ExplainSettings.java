package dev.pipelinetracker;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.NestedExceptionUtils;

/**
 * A setting is there, but nothing can be made of it: a URL that is none, a number with letters. Named in {@code
 * META-INF/spring.factories}: Spring Boot then logs a description and no stack trace.
 */
final class ExplainSettings extends AbstractFailureAnalyzer<BeanCreationException> {

    /** What fails in making these is what their settings say. */
    private static final Map<String, String> SETTINGS_OF =
            Map.of("dataSource", "spring.datasource.*", "schemaRegistry", "tracker.registry.*");

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, BeanCreationException cause) {
        return of(cause)
                .map(sentence -> new FailureAnalysis(sentence, "Mend the setting.", cause))
                .orElse(null);
    }

    /** What is wrong with which setting; empty if the failure is of another kind. */
    static Optional<String> of(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof BindException bind) {
                return Optional.of("%s: %s".formatted(bind.getName(), root(bind)));
            }
            if (t instanceof BeanCreationException bean && SETTINGS_OF.containsKey(bean.getBeanName())) {
                if (!(bean.getCause() instanceof BeanCreationException)) {
                    return Optional.of("%s: %s".formatted(SETTINGS_OF.get(bean.getBeanName()), root(bean)));
                }
            }
        }
        return Optional.empty();
    }

    private static @Nullable String root(Throwable failure) {
        Throwable root = NestedExceptionUtils.getMostSpecificCause(failure);
        return root.getMessage();
    }
}

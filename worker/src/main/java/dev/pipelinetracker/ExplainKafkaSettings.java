package dev.pipelinetracker;

import org.apache.kafka.common.KafkaException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Kafka's client could not even be made: a certificate's file is not there, an identity provider gives out no token, a
 * setting is wrong. Named in {@code META-INF/spring.factories}: Spring Boot then logs a description and no stack trace.
 */
final class ExplainKafkaSettings extends AbstractFailureAnalyzer<KafkaException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, KafkaException cause) {
        Throwable root = cause;
        StringBuilder description = new StringBuilder("Kafka's client cannot be made: ").append(cause.getMessage());
        while (root.getCause() != null) {
            root = root.getCause();
        }
        if (root != cause) {
            description.append(": ").append(root.getMessage());
        }
        return new FailureAnalysis(
                description.toString(), "Check spring.kafka.*: files, addresses and credentials.", cause);
    }
}

package dev.pipelinetracker;

import java.util.Map;

/** Of a command that cannot be started {@link ExplainFailure} tells why, in one line: Spring need not tell it, too. */
final class QuietStart {

    static final Map<String, Object> PROPERTIES = Map.of(
            "logging.level.org.springframework.boot.diagnostics.LoggingFailureAnalysisReporter", "off",
            "logging.level.org.springframework.context.annotation.AnnotationConfigApplicationContext", "error");

    private QuietStart() {}
}

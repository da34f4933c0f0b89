package dev.pipelinetracker.listen;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.springframework.context.ApplicationEvent;
import org.springframework.kafka.event.ConsumerRetryAuthEvent;
import org.springframework.kafka.event.ConsumerRetryAuthSuccessfulEvent;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;

/**
 * The broker refuses a consumer: who it is, or what it wants. Spring Kafka waits and tries again, but tells it as an ERROR
 * with a stack trace at each attempt of each consumer, and its event does not say why. So that line is kept out of the log,
 * and what it tells is told as any other wait is. A bean: in use from its making until it is destroyed.
 */
final class Refusals extends TurboFilter implements AutoCloseable {

    private static final org.slf4j.Logger log = LoggerFactory.getLogger(Refusals.class);
    private static final String CONTAINER = KafkaMessageListenerContainer.class.getName();

    // the line is logged, and then the event published, on the consumer's thread
    private static final ThreadLocal<Throwable> LAST_OF_THREAD = new ThreadLocal<>();

    Refusals() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext logback) {
            logback.addTurboFilter(this);
        }
    }

    @Override
    public FilterReply decide(
            @Nullable Marker marker,
            Logger logger,
            Level level,
            @Nullable String format,
            Object @Nullable [] params,
            @Nullable Throwable thrown) {
        boolean refusal = thrown instanceof AuthenticationException || thrown instanceof AuthorizationException;
        if (!refusal || !CONTAINER.equals(logger.getName())) {
            return FilterReply.NEUTRAL;
        }
        LAST_OF_THREAD.set(thrown);
        return FilterReply.DENY;
    }

    /** An event of a feed's container, which may be any. */
    void heard(ApplicationEvent event, String feed, Progress progress, WaitLog waits) {
        if (event instanceof ConsumerRetryAuthEvent) {
            Throwable why = LAST_OF_THREAD.get();
            progress.refused(event.getSource());
            waits.failed(Refusals.class)
                    .ifPresent(waited -> log.error(
                            "{}: {}, the broker refuses: {}",
                            feed,
                            WaitLog.wait(waited),
                            why == null ? "no reason given" : ConnectionSettings.KAFKA.explain(why)));
        } else if (event instanceof ConsumerRetryAuthSuccessfulEvent) {
            progress.accepted(event.getSource());
            if (progress.waitsFor().isEmpty()) {
                waits.tellOver(log, feed);
            }
        }
    }

    @Override
    public void close() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext logback) {
            logback.getTurboFilterList().remove(this);
        }
    }
}

package dev.pipelinetracker.publish;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes failures visible without a flood: the first at once, then a sum every ten seconds at most, and the total at the end. */
final class FailureLog {
    private static final Logger log = LoggerFactory.getLogger(Publisher.class);
    private static final long QUIET_NANOS = Duration.ofSeconds(10).toNanos();

    private long lastNanos;
    private long unlogged;
    private boolean anyLogged;

    synchronized void failed(PublishException failure) {
        unlogged++;
        long now = System.nanoTime();
        if (!anyLogged || now - lastNanos >= QUIET_NANOS) {
            log.error(
                    "{} {} not published; the last: {}",
                    unlogged,
                    unlogged == 1 ? "event was" : "events were",
                    failure.getMessage());
            anyLogged = true;
            lastNanos = now;
            unlogged = 0;
        }
    }

    void sumUp(Deliveries deliveries) {
        if (deliveries.failed() > 0) {
            log.error("{} events were published, {} were not", deliveries.delivered(), deliveries.failed());
        } else {
            log.debug("{} events were published", deliveries.delivered());
        }
    }
}

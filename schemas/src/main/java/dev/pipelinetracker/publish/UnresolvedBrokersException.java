package dev.pipelinetracker.publish;

import org.apache.kafka.common.KafkaException;

/** No name in {@code bootstrap.servers} resolves: an outage, of DNS, unless the names are wrong. */
final class UnresolvedBrokersException extends KafkaException {
    private static final long serialVersionUID = 1L;

    UnresolvedBrokersException(Throwable cause) {
        super("no name in bootstrap.servers resolves", cause);
    }
}

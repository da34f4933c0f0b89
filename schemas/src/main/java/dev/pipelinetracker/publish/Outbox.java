package dev.pipelinetracker.publish;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;

/** Between the job and Kafka: takes events without waiting for anything but room, and tells what became of them. */
final class Outbox {
    /** For a producer that has nothing left to send: a second at most. */
    private static final Duration PRODUCER_CLOSE = Duration.ofSeconds(1);

    private final BrokerConnection connection;
    private final FailureLog failures;
    private final Backlog backlog;
    private final Map<EventFeed, Sender> senders = new EnumMap<>(EventFeed.class);

    Outbox(BrokerConnection connection, PublisherSettings settings, FailureLog failures) {
        this.connection = connection;
        this.failures = failures;
        this.backlog = new Backlog(settings.bufferBytes(), settings.maxBlock());
        for (EventFeed feed : EventFeed.values()) {
            senders.put(feed, new Sender(feed, connection, settings.deliveryTimeout(), this::settle));
        }
    }

    CompletableFuture<RecordMetadata> accept(Envelope envelope) {
        Sender sender = Objects.requireNonNull(senders.get(envelope.feed()));
        String refusal = backlog.refusal(envelope, () -> sender.add(envelope));
        if (refusal != null) {
            PublishException failure = new PublishException(envelope.feed() + ": " + refusal, null);
            refused(failure);
            envelope.delivery().completeExceptionally(failure);
        }
        return envelope.delivery();
    }

    /** An event that never became an envelope, or was not accepted. */
    void refused(PublishException failure) {
        backlog.countRefused();
        failures.failed(failure);
    }

    /** Whether all that were accepted by now have been settled in time. */
    boolean awaitSettled(Duration within) {
        return backlog.awaitSettled(within);
    }

    Deliveries deliveries() {
        return backlog.deliveries();
    }

    /** See {@link BrokerConnection#requireTopic}. */
    void requireTopic(String topic) {
        connection.requireTopic(topic);
    }

    void close(Duration within) {
        // An interrupt is for the job; here it would cut short what settles the futures.
        boolean interrupted = Thread.interrupted();
        try {
            backlog.close();
            backlog.awaitSettled(within);
            interrupted |= Thread.interrupted();
            senders.values().forEach(Sender::stop);
            List<Envelope> left = backlog.pending();
            left.forEach(this::giveUp);
            // What the job was told is not delivered must not be sent later.
            connection.close(left.isEmpty() ? PRODUCER_CLOSE : Duration.ZERO, PRODUCER_CLOSE);
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void giveUp(Envelope left) {
        settle(left, new PublishException(left.feed() + ": not delivered before the publisher was closed", null));
    }

    private void settle(Envelope envelope, @Nullable RecordMetadata place, @Nullable Throwable failure) {
        if (failure != null) {
            settle(envelope, new PublishException(envelope.feed() + ": " + explained(envelope, failure), failure));
        } else if (backlog.count(envelope, true)) {
            envelope.delivery().complete(place);
            // Only now: whoever waited for all to settle finds the futures done.
            backlog.remove(envelope, true);
        }
    }

    private void settle(Envelope envelope, PublishException failure) {
        if (backlog.count(envelope, false)) {
            failures.failed(failure);
            envelope.delivery().completeExceptionally(failure);
            backlog.remove(envelope, false);
        }
    }

    private static String explained(Envelope envelope, Throwable failure) {
        String what = failure.getClass().getSimpleName() + ": " + failure.getMessage();
        return failure instanceof RecordTooLargeException
                ? "the event's " + envelope.size() + " bytes exceed what Kafka takes, by default 1 MiB (" + what + ")"
                : what;
    }
}

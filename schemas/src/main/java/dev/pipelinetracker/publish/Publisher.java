package dev.pipelinetracker.publish;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import dev.pipelinetracker.wire.InvalidEventException;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.net.URI;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;

/**
 * Publishes a job's events. One per job is enough; safe for use by several threads.
 *
 * <pre>{@code
 * try (Publisher publisher = Publisher.connect("localhost:19092", URI.create("http://localhost:18081"))) {
 *     publisher.run(new Pipeline(organization, "orders", "Orders", RunType.etl), run -> {
 *         for (Order order : orders) {
 *             load(order);
 *             run.progress(++count);
 *         }
 *     });
 * }
 * }</pre>
 *
 * <p>An event is checked by the worker's own rules before it leaves. Each {@code publish} gives a future: done when all in-sync
 * replicas have the event, else completed with a {@link PublishException}. What depends on a future runs on the sender's
 * thread: it must not block. Order is kept within a feed, and an event is written once however often the sender must try.
 *
 * <p>{@code publish} neither waits for Kafka nor for the registry: a thread per feed does, and the buffer before it is
 * bounded ({@link PublisherSettings#bufferBytes}, {@link PublisherSettings#maxBlock}). A failure breaks the job only under
 * {@link OnFailure#THROW}; it is always logged (the first at once, later ones summed up every ten seconds, and the total at the
 * end) and counted ({@link #deliveries}).
 *
 * <p>{@link #close} it: events still under way are lost with the JVM.
 */
public final class Publisher implements AutoCloseable {
    private final PublisherSettings settings;
    private final Map<EventFeed, FeedEncoder<?>> encoders = new EnumMap<>(EventFeed.class);
    private final FailureLog failures = new FailureLog();
    private final Outbox outbox;
    private final UntoldFailure untold = new UntoldFailure();

    /** With a connection that the publisher closes. */
    Publisher(PublisherSettings settings, BrokerConnection connection) {
        this.settings = settings;
        for (EventFeed feed : EventFeed.values()) {
            encoders.put(feed, FeedEncoder.of(feed, settings));
        }
        this.outbox = new Outbox(connection, settings, failures);
    }

    /**
     * Connects with defaults; see {@link PublisherSettings#of}. Waits for nothing: that Kafka or the registry is away shows
     * when an event is not delivered, or in {@link #requireReady}.
     *
     * @param bootstrapServers {@code host:port,host:port}
     * @param registry base URL of a registry that speaks Confluent's REST protocol
     */
    public static Publisher connect(String bootstrapServers, URI registry) {
        return connect(PublisherSettings.of(bootstrapServers, new SchemaRegistry(RegistrySettings.at(registry))));
    }

    /**
     * Connects, waiting for nothing but the names of the brokers; if none resolves, that is an outage as others are.
     *
     * @throws KafkaException if Kafka's settings are not valid: a mistake, not an outage
     */
    public static Publisher connect(PublisherSettings settings) {
        BrokerConnection connection = new BrokerConnection(() -> ConfirmedProducer.of(settings));
        connection.open();
        return new Publisher(settings, connection);
    }

    /**
     * Runs the body as a run: {@code running} before it, {@code completed} after it, {@code failed} with the error if it throws.
     *
     * @throws X what the body threw, after {@code failed} was published
     * @throws PublishException see {@link OnFailure#THROW}; never instead of what the body threw
     */
    public <X extends Exception> void run(Pipeline pipeline, RunBody<X> body) throws X {
        Run run = start(pipeline);
        try {
            body.run(run);
        } catch (Throwable failure) {
            fail(run, failure);
            throw failure;
        }
        if (!run.hasEnded()) {
            var unused = run.complete();
        }
    }

    /**
     * Starts a run and publishes that it is {@code running}. For a {@code try} with resources: end it with {@link
     * Run#complete} as the last statement; left otherwise, it ends as {@code failed}.
     *
     * @throws PublishException see {@link OnFailure#THROW}
     */
    public Run start(Pipeline pipeline) {
        // Before the run exists: whoever is told now has no run to end.
        untold.tell();
        Run run = new Run(this, pipeline, settings.progressInterval());
        try {
            run.begin();
        } catch (PublishException e) {
            fail(run, e);
            throw e;
        }
        return run;
    }

    /**
     * Publishes one state of a run that is tracked by other means than {@link #start}.
     *
     * @return done when the broker has it
     * @throws PublishException see {@link OnFailure#THROW}
     */
    public CompletableFuture<RecordMetadata> publish(PipelineRun event) {
        return publish(EventFeed.PIPELINE_RUNS, event);
    }

    /**
     * Publishes insights.
     *
     * @return done when the broker has them
     * @throws PublishException see {@link OnFailure#THROW}
     */
    public CompletableFuture<RecordMetadata> publish(SourceInsight event) {
        return publish(EventFeed.INSIGHTS, event);
    }

    /**
     * Publishes a chart.
     *
     * @return done when the broker has it
     * @throws PublishException see {@link OnFailure#THROW}
     */
    public CompletableFuture<RecordMetadata> publish(Visualization event) {
        return publish(EventFeed.VISUALIZATIONS, event);
    }

    /**
     * Publishes an event of a feed that is known at run time only.
     *
     * @return done when the broker has it
     * @throws ClassCastException if the event is not of the feed's class
     * @throws PublishException see {@link OnFailure#THROW}
     */
    public CompletableFuture<RecordMetadata> publish(EventFeed feed, SpecificRecord event) {
        CompletableFuture<RecordMetadata> delivery;
        try {
            delivery = outbox.accept(encoder(feed).encode(event));
        } catch (InvalidEventException e) {
            PublishException refused = new PublishException(feed + ": " + e.getMessage(), e);
            outbox.refused(refused);
            delivery = CompletableFuture.failedFuture(refused);
        }
        if (settings.onFailure() == OnFailure.THROW) {
            untold.watch(delivery);
            // Only now: that an earlier event was lost is no reason to lose this one, which may be a run's end.
            untold.tell();
        }
        return delivery;
    }

    /**
     * Waits until every event accepted so far is delivered or has failed, but no longer than that.
     *
     * @return all counts; under way still are those that the time did not suffice for
     * @throws PublishException see {@link OnFailure#THROW}; also if the time did not suffice
     */
    public Deliveries flush(Duration within) {
        boolean settled = outbox.awaitSettled(within);
        untold.tell();
        if (!settled && settings.onFailure() == OnFailure.THROW) {
            throw new PublishException(deliveries().pending() + " events are not delivered within " + within, null);
        }
        return deliveries();
    }

    /** What became of the events so far; never throws. */
    public Deliveries deliveries() {
        return outbox.deliveries();
    }

    /**
     * Returns if an event of the feed could be published now: the broker has the topic, and the registry the schema. For those
     * who would rather know before they start. Waits 10 s for Kafka, or {@code max.block.ms} if that is less, and the registry's time-outs.
     *
     * @throws PublishException if not, saying what is missing
     */
    public void requireReady(EventFeed feed) {
        String topic = settings.topic(feed);
        try {
            encoder(feed).schemaId();
        } catch (RuntimeException e) {
            throw new PublishException("the schema registry does not give an id: " + e.getMessage(), e);
        }
        try {
            outbox.requireTopic(topic);
        } catch (KafkaException e) {
            throw new PublishException(
                    "Kafka does not know topic " + topic + ", or cannot be reached: " + e.getMessage(), e);
        }
    }

    /**
     * Waits for events under way, no longer than {@link PublisherSettings#closeTimeout}; what is not delivered then has failed.
     * Kafka's producer gets a second more to end; if it takes longer, it does so without the job.
     *
     * <p>Waits on a thread that is interrupted, too, which it is afterwards; an interrupt during the wait ends it.
     *
     * @throws PublishException see {@link OnFailure#THROW}
     */
    @Override
    public void close() {
        outbox.close(settings.closeTimeout());
        failures.sumUp(deliveries());
        untold.tell();
    }

    private FeedEncoder<?> encoder(EventFeed feed) {
        return Objects.requireNonNull(encoders.get(feed));
    }

    private static void fail(Run run, Throwable failure) {
        if (run.hasEnded()) {
            return;
        }
        try {
            var unused = run.fail(failure);
        } catch (PublishException e) {
            failure.addSuppressed(e);
        }
    }
}

package dev.pipelinetracker.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pipelinetracker.events.InsightOrigin;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.wire.EventSchemas;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a publisher makes of failures that no real broker gives on demand: Kafka's own test producer gives them. */
@Timeout(60)
class PublisherFaultsTest {

    private static final Duration SOON = Duration.ofSeconds(20);

    private final Pipeline pipeline = new Pipeline(UUID.randomUUID(), "orders", "Orders", null);
    private final ScriptedProducer producer = new ScriptedProducer();

    /** As for a serializer of the user's, which gets copies of the events. */
    @BeforeAll
    static void trustOurClasses() {
        // copying an event loads Avro's limits, which other tests of this JVM want to be ours
        assertThat(EventSchemas.avsc(PipelineRun.class)).isNotEmpty();
        ConfirmedProducer.trustOurClasses();
    }

    @Test
    void a_failure_that_is_thrown_never_costs_a_run_its_end() {
        Publisher publisher = publisher(settings().withOnFailure(OnFailure.THROW));
        Run completed = publisher.start(pipeline);
        var first = failOne(publisher, completed);
        assertThat(first).isCompletedExceptionally();
        assertThatThrownBy(completed::complete).isInstanceOf(PublishException.class);

        IllegalStateException own = new IllegalStateException("the job's own");
        assertThatThrownBy(() -> publisher.run(pipeline, run -> {
                    var unused = failOne(publisher, run);
                    throw own;
                }))
                .isSameAs(own);
        publisher.flush(SOON);

        assertThat(producer.statuses())
                .containsExactly(RunStatus.running, RunStatus.completed, RunStatus.running, RunStatus.failed);
    }

    @Test
    void a_run_is_not_begun_while_an_earlier_failure_is_untold() {
        Publisher publisher = publisher(settings().withOnFailure(OnFailure.THROW));
        Run run = publisher.start(pipeline);
        var unused = failOne(publisher, run);
        assertThatThrownBy(() -> publisher.start(pipeline)).isInstanceOf(PublishException.class);
        publisher.flush(SOON);
        assertThat(producer.statuses()).containsExactly(RunStatus.running);
    }

    @Test
    void a_job_that_throws_what_a_future_failed_with_sees_that_and_nothing_instead() {
        Publisher publisher = publisher(settings().withOnFailure(OnFailure.THROW));
        List<Throwable> thrown = new ArrayList<>();
        assertThatThrownBy(() -> publisher.run(pipeline, run -> {
                    thrown.add(failureOf(failOne(publisher, run)));
                    throw (PublishException) thrown.get(0);
                }))
                .isSameAs(thrown.get(0));
        assertThatThrownBy(() -> {
                    try (publisher) {
                        thrown.add(failureOf(failOne(publisher, publisher.start(pipeline))));
                        throw (PublishException) thrown.get(1);
                    }
                })
                .isSameAs(thrown.get(1))
                .hasMessage("pipeline-runs: TimeoutException: scripted");
    }

    @Test
    void closing_on_an_interrupted_thread_waits_for_events_under_way() {
        Publisher publisher = publisher(settings().withTimeouts(Duration.ofSeconds(1), SOON));
        producer.next = Fault.SILENCE;
        CompletableFuture<RecordMetadata> delivered = publisher.publish(event());
        producer.deliverTheSilentOnceThisThreadWaits();
        Thread.currentThread().interrupt();
        publisher.close();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(delivered).isCompleted();
    }

    @Test
    void publishing_on_an_interrupted_thread_waits_for_room_as_on_any_other() {
        Publisher publisher = publisher(settings().withBufferBytes(200).withTimeouts(SOON, Duration.ofSeconds(1)));
        producer.next = Fault.SILENCE;
        var unused = publisher.publish(event());
        producer.deliverTheSilentOnceThisThreadWaits();
        Thread.currentThread().interrupt();
        CompletableFuture<RecordMetadata> end = publisher.publish(event());
        assertThat(Thread.interrupted()).isTrue();
        assertThat(end).succeedsWithin(SOON);
        publisher.close();
    }

    @Test
    void events_wait_while_no_brokers_name_resolves_and_are_delivered_when_one_does() {
        BlockingQueue<UnresolvedBrokersException> outage = new LinkedBlockingQueue<>();
        // for connecting, and for the first attempt to send
        outage.add(new UnresolvedBrokersException(new KafkaException("scripted")));
        outage.add(new UnresolvedBrokersException(new KafkaException("scripted")));
        BrokerConnection connection = new BrokerConnection(() -> {
            UnresolvedBrokersException unresolved = outage.poll();
            if (unresolved != null) {
                throw unresolved;
            }
            return producer;
        });
        connection.open();
        Publisher publisher = new Publisher(settings(), connection);
        assertThat(publisher.publish(event())).succeedsWithin(SOON);
        assertThat(outage).isEmpty();
    }

    @Test
    void closing_on_an_interrupted_thread_settles_all_and_leaves_the_interrupt() {
        Publisher publisher = publisher(settings().withTimeouts(Duration.ofSeconds(1), Duration.ofMillis(100)));
        producer.next = Fault.SILENCE;
        CompletableFuture<RecordMetadata> lost = publisher.publish(event());
        CompletableFuture<RecordMetadata> delivered = publisher.publish(event());
        Thread.currentThread().interrupt();
        publisher.close();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(delivered).isCompleted();
        assertThat(lost).isCompletedExceptionally();
        assertThat(publisher.deliveries()).isEqualTo(new Deliveries(1, 1, 0));
    }

    @Test
    void an_error_of_a_foreign_serializer_fails_its_event_and_holds_up_no_other() {
        Publisher publisher = publisher(settings());
        producer.next = Fault.ERROR;
        CompletableFuture<RecordMetadata> lost = publisher.publish(event());
        CompletableFuture<RecordMetadata> delivered = publisher.publish(event());
        assertThat(publisher.flush(SOON)).isEqualTo(new Deliveries(1, 1, 0));
        assertThat(delivered).isCompleted();
        assertThatThrownBy(lost::join).rootCause().isInstanceOf(NoClassDefFoundError.class);
    }

    @Test
    @SuppressWarnings("NullAway") // what a caller without it can do
    void a_pipeline_without_what_every_event_needs_is_a_mistake_told_at_once() {
        UUID organization = UUID.randomUUID();
        assertThatThrownBy(() -> new Pipeline(null, "s", "S", null)).hasMessage("orgId");
        assertThatThrownBy(() -> new Pipeline(organization, null, "S", null)).hasMessage("sourceId");
        assertThatThrownBy(() -> new Pipeline(organization, "s", null, null)).hasMessage("sourceName");
    }

    @Test
    void the_job_waits_for_room_once_an_outage_and_not_again_for_the_room_that_failures_make() {
        Publisher publisher =
                publisher(settings().withBufferBytes(200).withTimeouts(Duration.ofSeconds(1), Duration.ofMillis(1)));
        producer.next = Fault.SILENCE;
        CompletableFuture<RecordMetadata> first = publisher.publish(event());
        assertThat(nanosToPublish(publisher)).isGreaterThan(900_000_000L);
        producer.next = Fault.SILENCE;
        producer.failTheSilent();
        assertThat(first).isCompletedExceptionally();
        CompletableFuture<RecordMetadata> second = publisher.publish(event());
        assertThat(nanosToPublish(publisher)).isLessThan(700_000_000L);
        assertThat(second).isNotDone();
        publisher.close();
    }

    private long nanosToPublish(Publisher publisher) {
        long start = System.nanoTime();
        var unused = publisher.publish(event());
        return System.nanoTime() - start;
    }

    @Test
    void a_topic_that_is_not_there_holds_up_no_other_feed_and_its_own_events_no_longer_than_they_may_take() {
        PublisherSettings settings = PublisherSettings.of(
                        Map.of("value.serializer", "the.users.Own", "delivery.timeout.ms", 300), null)
                .withTopic(EventFeed.PIPELINE_RUNS, ScriptedProducer.ABSENT);
        Publisher publisher = publisher(settings);
        List<CompletableFuture<RecordMetadata>> lost = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            lost.add(publisher.publish(event()));
        }
        CompletableFuture<RecordMetadata> delivered = publisher.publish(SourceInsight.newBuilder()
                .setOrgId(pipeline.orgId())
                .setSourceId("orders")
                .setSourceName("Orders")
                .setGeneratedFrom(InsightOrigin.etl)
                .setGeneratedAt(Instant.EPOCH)
                .build());
        assertThat(delivered).succeedsWithin(Duration.ofMillis(ScriptedProducer.MAX_BLOCK_MILLIS));
        assertThat(publisher.flush(SOON)).isEqualTo(new Deliveries(1, 20, 0));
        assertThat(lost).allMatch(CompletableFuture::isCompletedExceptionally);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isLessThan(Duration.ofMillis(5 * ScriptedProducer.MAX_BLOCK_MILLIS));
    }

    private PipelineRun event() {
        return PipelineRun.newBuilder()
                .setOrgId(pipeline.orgId())
                .setPipelineId(UUID.randomUUID())
                .setSourceId("orders")
                .setSourceName("Orders")
                .setStatus(RunStatus.running)
                .setDurationSeconds(1)
                .setTimestamp(Instant.EPOCH)
                .build();
    }

    private static PublisherSettings settings() {
        // A serializer of the user's: then there is no registry, and the producer gets the events as they are.
        return PublisherSettings.of(Map.of("value.serializer", "the.users.Own"), null)
                .withProgressInterval(Duration.ZERO);
    }

    private Publisher publisher(PublisherSettings settings) {
        return new Publisher(settings, new BrokerConnection(() -> producer));
    }

    /** Has one event fail, of which the job is not told yet. */
    private CompletableFuture<RecordMetadata> failOne(Publisher publisher, Run run) {
        assertThat(run.hasEnded()).isFalse();
        publisher.flush(SOON);
        producer.next = Fault.SILENCE;
        CompletableFuture<RecordMetadata> delivery = publisher.publish(event());
        producer.failTheSilent();
        return delivery;
    }

    private static Throwable failureOf(CompletableFuture<RecordMetadata> delivery) {
        return assertThatThrownBy(delivery::join).cause().actual();
    }

    private enum Fault {
        NONE,
        /** A class is missing. */
        ERROR,
        /** Nothing is ever heard of it. */
        SILENCE
    }

    /** Delivers at once, unless it is told otherwise for the next event. */
    private static final class ScriptedProducer extends MockProducer<byte[], Object> {
        private static final String ABSENT = "absent";
        private static final long MAX_BLOCK_MILLIS = 1_000;
        private final List<Object> delivered = new CopyOnWriteArrayList<>();
        private final BlockingQueue<Callback> silent = new LinkedBlockingQueue<>();
        private volatile Fault next = Fault.NONE;

        /** As a real one does. */
        @Override
        public void close(Duration timeout) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptException("close");
            }
            super.close(timeout);
        }

        @Override
        public synchronized Future<RecordMetadata> send(ProducerRecord<byte[], Object> sent, Callback callback) {
            if (sent.topic().equals(ABSENT)) {
                long end =
                        System.nanoTime() + Duration.ofMillis(MAX_BLOCK_MILLIS).toNanos();
                try {
                    // Not a sleep: other threads may send meanwhile.
                    for (long left = MAX_BLOCK_MILLIS; left > 0; left = (end - System.nanoTime()) / 1_000_000) {
                        wait(left);
                    }
                } catch (InterruptedException e) {
                    throw new InterruptException(e);
                }
                throw new TimeoutException("scripted: topic not present in metadata");
            }
            Fault fault = next;
            next = Fault.NONE;
            RecordMetadata place = new RecordMetadata(new TopicPartition(sent.topic(), 0), 0, 0, 0, 0, 0);
            switch (fault) {
                case NONE -> {
                    delivered.add(sent.value());
                    callback.onCompletion(place, null);
                }
                case ERROR -> throw new NoClassDefFoundError("scripted");
                case SILENCE -> silent.add(callback);
            }
            return CompletableFuture.completedFuture(place);
        }

        void failTheSilent() {
            takeSilent().onCompletion(null, new TimeoutException("scripted"));
        }

        void deliverTheSilentOnceThisThreadWaits() {
            Thread waiting = Thread.currentThread();
            Thread deliverer = new Thread(() -> {
                Callback callback = takeSilent();
                while (waiting.getState() != Thread.State.TIMED_WAITING) {
                    Thread.onSpinWait();
                }
                callback.onCompletion(new RecordMetadata(new TopicPartition("t", 0), 0, 0, 0, 0, 0), null);
            });
            deliverer.setDaemon(true);
            deliverer.start();
        }

        private Callback takeSilent() {
            try {
                return silent.take();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        List<RunStatus> statuses() {
            return delivered.stream()
                    .map(PipelineRun.class::cast)
                    .map(PipelineRun::getStatus)
                    .toList();
        }
    }
}

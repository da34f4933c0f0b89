package dev.pipelinetracker.replay;

import dev.pipelinetracker.support.RealBroker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Publishes at an even rate until it is closed. */
final class LiveTraffic implements AutoCloseable {

    private static final int TICKS_PER_SECOND = 50;

    private final int perTick;
    private final IntFunction<ProducerRecord<byte[], byte[]>> records;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread thread = new Thread(this::publish, "live-traffic");
    private final AtomicInteger sent = new AtomicInteger();

    private LiveTraffic(int perSecond, IntFunction<ProducerRecord<byte[], byte[]>> records) {
        this.perTick = perSecond / TICKS_PER_SECOND;
        this.records = records;
    }

    /** So many in a second, numbered from 0. */
    static LiveTraffic start(int perSecond, IntFunction<ProducerRecord<byte[], byte[]>> records) {
        LiveTraffic traffic = new LiveTraffic(perSecond, records);
        traffic.thread.start();
        return traffic;
    }

    /** Acknowledged so far. */
    int sent() {
        return sent.get();
    }

    /** Returns when the last is acknowledged. */
    void stop() {
        stopping.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop();
    }

    private void publish() {
        long start = System.nanoTime();
        try {
            for (long tick = 1; ; tick++) {
                List<ProducerRecord<byte[], byte[]>> batch = new ArrayList<>();
                for (int i = 0; i < perTick; i++) {
                    batch.add(records.apply(sent.get() + i));
                }
                RealBroker.sendAll(batch);
                sent.addAndGet(batch.size());
                long due = start + tick * TimeUnit.SECONDS.toNanos(1) / TICKS_PER_SECOND;
                if (stopping.await(due - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

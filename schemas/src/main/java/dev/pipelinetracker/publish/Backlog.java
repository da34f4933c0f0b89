package dev.pipelinetracker.publish;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The events that are accepted and not yet settled: bounded by their bytes, counted, and waited for. */
final class Backlog {
    private final long capacity;
    private final long maxBlockNanos;

    /** Guards all below. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition settledSome = lock.newCondition();
    /** By number, in the order of acceptance. */
    private final Map<Envelope, Long> pending = new LinkedHashMap<>();

    private long accepted;
    private long unsettled;
    private long pendingBytes;
    private long delivered;
    private long failed;
    private boolean stalled;
    private boolean closed;

    /**
     * @param capacity in bytes
     * @param maxBlock longest to wait for room; once that was in vain, nothing waits until an event is delivered
     */
    Backlog(long capacity, Duration maxBlock) {
        this.capacity = capacity;
        this.maxBlockNanos = NANOSECONDS.convert(maxBlock);
    }

    /**
     * Takes the event and has it queued in the order of acceptance, or says why not. Waits for room on an interrupted thread,
     * too, which it is afterwards: whoever cancels a job wants its end published.
     */
    @Nullable
    String refusal(Envelope envelope, Runnable queue) {
        boolean interrupted = false;
        lock.lock();
        try {
            if (envelope.size() > capacity) {
                return "the event's " + envelope.size() + " bytes exceed the buffer of " + capacity;
            }
            long start = System.nanoTime();
            long bound = stalled ? 0 : maxBlockNanos;
            while (!closed && pendingBytes + envelope.size() > capacity) {
                long left = bound - (System.nanoTime() - start);
                if (left <= 0) {
                    // One wait per outage is enough: the job must go on.
                    stalled = true;
                    return "the buffer of " + capacity + " bytes is full, and Kafka or the registry takes nothing";
                }
                try {
                    var unused = settledSome.awaitNanos(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (closed) {
                return "the publisher is closed";
            }
            pending.put(envelope, ++accepted);
            unsettled++;
            pendingBytes += envelope.size();
            queue.run();
            return null;
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Counts an event that was not accepted. */
    void countRefused() {
        lock.lock();
        try {
            failed++;
        } finally {
            lock.unlock();
        }
    }

    /** Counts what became of an event, once: false if that is known already. Whoever waits, waits on until it is removed. */
    boolean count(Envelope envelope, boolean wasDelivered) {
        lock.lock();
        try {
            if (!envelope.settle()) {
                return false;
            }
            unsettled--;
            if (wasDelivered) {
                delivered++;
            } else {
                failed++;
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Makes room: the event is counted, and its future done. */
    void remove(Envelope envelope, boolean wasDelivered) {
        lock.lock();
        try {
            pending.remove(envelope);
            pendingBytes -= envelope.size();
            if (wasDelivered) {
                // Room that failures make is no sign that the outage is over.
                stalled = false;
            }
            settledSome.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether all that were accepted by now have been settled in time. */
    boolean awaitSettled(Duration within) {
        lock.lock();
        try {
            long nanos = NANOSECONDS.convert(within);
            // What comes later is not waited for.
            long last = accepted;
            while (!pending.isEmpty() && pending.values().iterator().next() <= last) {
                if (nanos <= 0) {
                    return false;
                }
                nanos = settledSome.awaitNanos(nanos);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    Deliveries deliveries() {
        lock.lock();
        try {
            return new Deliveries(delivered, failed, unsettled);
        } finally {
            lock.unlock();
        }
    }

    /** Accepts nothing from now on. */
    void close() {
        lock.lock();
        try {
            closed = true;
            settledSome.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Those not settled, in the order of acceptance. */
    List<Envelope> pending() {
        lock.lock();
        try {
            return List.copyOf(pending.keySet());
        } finally {
            lock.unlock();
        }
    }
}

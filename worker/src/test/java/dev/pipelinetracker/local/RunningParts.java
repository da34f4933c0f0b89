package dev.pipelinetracker.local;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Parts that were started one after the other, to be stopped in reverse. Stopping may come at any moment, from another
 * thread: it lets the part that is just starting finish, so that none is left half-started, and no further one starts.
 */
final class RunningParts implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 60;

    private final ReentrantLock starting = new ReentrantLock();
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private volatile boolean stopping;

    /**
     * Starts one part.
     *
     * @throws CancellationException if all is being stopped
     */
    <T extends AutoCloseable> T start(Callable<T> start) throws Exception {
        starting.lock();
        try {
            if (stopping) {
                throw new CancellationException("Stopping");
            }
            T part = start.call();
            parts.push(part);
            return part;
        } finally {
            starting.unlock();
        }
    }

    boolean isStopping() {
        return stopping;
    }

    /** Stops all parts, the last one first. A part that cannot be stopped is reported, and the rest are stopped still. */
    @Override
    public void close() {
        stopping = true;
        boolean settled = false;
        try {
            settled = starting.tryLock(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            for (AutoCloseable part = parts.poll(); part != null; part = parts.poll()) {
                stop(part);
            }
        } finally {
            if (settled) {
                starting.unlock();
            }
        }
    }

    private static void stop(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            System.err.println(part.getClass().getSimpleName() + " did not stop cleanly: " + e);
        }
    }
}

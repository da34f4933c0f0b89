package dev.pipelinetracker.deadletters;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A way to PostgreSQL on which the answer to one COMMIT gets lost: the server has committed, and nobody hears of it. */
final class CommitCutter implements AutoCloseable {

    private final ServerSocket listener;
    private final int target;
    private final AtomicInteger untilCut = new AtomicInteger();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    /** Leads to that port of 127.0.0.1. */
    CommitCutter(int target) {
        this.target = target;
        try {
            this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        daemon(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Loses the answer to the n-th COMMIT from now. */
    void cut(int nth) {
        untilCut.set(nth);
    }

    /** Whether that has happened. */
    boolean hasCut() {
        return untilCut.get() == 0;
    }

    @Override
    public void close() {
        closeQuietly(listener);
        sockets.forEach(CommitCutter::closeQuietly);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                sockets.add(client);
                sockets.add(server);
                boolean[] doomed = {false};
                daemon(() -> pump(client, server, doomed, true));
                daemon(() -> pump(server, client, doomed, false));
            } catch (IOException e) {
                // closed, or the server is gone: so is the client's connection
            }
        }
    }

    private void pump(Socket from, Socket to, boolean[] doomed, boolean toServer) {
        byte[] buffer = new byte[64 * 1024];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                synchronized (doomed) {
                    if (toServer && new String(buffer, 0, read, ISO_8859_1).contains("COMMIT\0")) {
                        doomed[0] = untilCut.getAndUpdate(n -> Math.max(0, n - 1)) == 1;
                    } else if (!toServer && doomed[0]) {
                        return;
                    }
                }
                out.write(buffer, 0, read);
            }
        } catch (IOException e) {
            // the other end is gone; so will be this one
        } finally {
            closeQuietly(from);
            closeQuietly(to);
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "commit-cutter");
        thread.setDaemon(true);
        thread.start();
    }

    private static void closeQuietly(java.io.Closeable closeable) {
        try {
            closeable.close();
        } catch (IOException e) {
            // it is gone either way
        }
    }
}

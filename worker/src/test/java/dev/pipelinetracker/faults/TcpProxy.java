package dev.pipelinetracker.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection's bad days, on 127.0.0.1: refused, reset, cut in the middle, slow, silent; or at one chosen moment, when
 * a request of some size is on its way or about to be answered. Safe for several threads.
 */
final class TcpProxy implements AutoCloseable {

    /** What happens to the connection that steps into the trap. */
    enum Trap {
        /** The server has done what it was asked; the client gets a reset for an answer. */
        RESET_INSTEAD_OF_ANSWER,
        /** The server has done what it was asked; the client does not hear of it until {@link #pass}. */
        HOLD_ANSWER,
        /** The server does not hear of the request until {@link #pass}. */
        HOLD_REQUEST
    }

    private static final int BUFFER = 64 * 1024;

    private final int port;
    private volatile int target;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final AtomicInteger trapped = new AtomicInteger();
    private volatile @Nullable ServerSocket listener;
    private volatile boolean silent;
    private volatile long delayMillis;
    private volatile @Nullable Trap trap;
    private volatile int trapBytes;

    /** Leads to that port of 127.0.0.1. */
    TcpProxy(int target) {
        this.target = target;
        this.port = Ports.free();
        listen();
    }

    int port() {
        return port;
    }

    /** Everything as if the proxy were not there; what was held back goes on its way. */
    synchronized void pass() {
        silent = false;
        delayMillis = 0;
        trap = null;
        if (listener == null) {
            listen();
        }
        notifyAll();
    }

    /** Where new connections lead. */
    int target() {
        return target;
    }

    /** New connections lead elsewhere. */
    void target(int newTarget) {
        this.target = newTarget;
    }

    /** Resets all connections and refuses new ones. */
    synchronized void refuse() {
        ServerSocket listening = listener;
        listener = null;
        if (listening != null) {
            closeQuietly(listening);
        }
        reset();
    }

    /** Resets all connections; new ones are welcome. */
    void reset() {
        links.forEach(Link::reset);
    }

    /** Connections stay, new ones are accepted, and nothing gets through in either direction. */
    void blackHole() {
        silent = true;
    }

    /** Every piece, in both directions, takes so long. */
    void delay(Duration time) {
        delayMillis = time.toMillis();
    }

    /** Waits for a request of at least so many bytes. */
    void trap(Trap kind, int requestBytes) {
        trapped.set(0);
        trapBytes = requestBytes;
        trap = kind;
    }

    /** How many requests stepped into the trap. */
    int trapped() {
        return trapped.get();
    }

    @Override
    public void close() {
        refuse();
    }

    private synchronized void listen() {
        try {
            ServerSocket socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
            listener = socket;
            daemon("proxy-accept", () -> accept(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept(ServerSocket listening) {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                client.setTcpNoDelay(true);
                daemon("proxy-connect", () -> connect(client));
            } catch (IOException e) {
                // closed: refuse() was called
            }
        }
    }

    private void connect(Socket client) {
        try {
            Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
            server.setTcpNoDelay(true);
            Link link = new Link(client, server);
            links.add(link);
            if (listener == null) {
                link.reset();
            }
            daemon("proxy-down", () -> link.pump(server, client, false));
            link.pump(client, server, true);
        } catch (IOException e) {
            resetQuietly(client);
        }
    }

    private synchronized void awaitVoice(Link link) throws InterruptedException {
        while ((silent || link.held) && !link.client.isClosed()) {
            wait(100);
            if (trap == null) {
                link.held = false;
            }
        }
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void resetQuietly(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // closed already
        }
        closeQuietly(socket);
    }

    private static void closeQuietly(java.io.Closeable closeable) {
        try {
            closeable.close();
        } catch (IOException e) {
            // it is gone either way
        }
    }

    /** A client's connection and ours to the server. */
    private final class Link {

        private final Socket client;
        private final Socket server;
        private final AtomicInteger asked = new AtomicInteger();
        private volatile boolean held;

        Link(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void pump(Socket from, Socket to, boolean up) {
            byte[] buffer = new byte[BUFFER];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    if (up) {
                        asked.addAndGet(read);
                    }
                    if (steppedIntoTrap(up)) {
                        trapped.incrementAndGet();
                        if (trap == Trap.RESET_INSTEAD_OF_ANSWER) {
                            trap = null;
                            reset();
                            return;
                        }
                        held = true;
                    }
                    if (delayMillis > 0) {
                        Thread.sleep(delayMillis);
                    }
                    awaitVoice(this);
                    if (!up) {
                        asked.set(0);
                    }
                    out.write(buffer, 0, read);
                }
            } catch (IOException e) {
                // the other end is gone; so will be this one
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                reset();
            }
        }

        private boolean steppedIntoTrap(boolean up) {
            Trap set = trap;
            return set != null && !held && (set == Trap.HOLD_REQUEST) == up && asked.get() >= trapBytes;
        }

        void reset() {
            links.remove(this);
            resetQuietly(client);
            resetQuietly(server);
        }
    }
}

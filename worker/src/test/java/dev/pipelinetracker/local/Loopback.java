package dev.pipelinetracker.local;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;

/** Ports of 127.0.0.1: written as numbers, because "localhost" may be ::1 first. */
final class Loopback {

    private Loopback() {}

    /** @param port 0 for any that is free */
    static InetSocketAddress address(int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
        } catch (UnknownHostException e) {
            throw new AssertionError("Four bytes are an address", e);
        }
    }

    /** A port that nobody listens on now; someone else may take it before the caller does. */
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(address(0));
            return socket.getLocalPort();
        }
    }

    /** Whether somebody listens on the port now, on this address or on all. */
    static boolean taken(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(address(port));
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}

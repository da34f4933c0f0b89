package dev.pipelinetracker.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Something on the registry's port that gives every request the same answer. */
final class StandInRegistry implements AutoCloseable {

    private final HttpServer server;

    private StandInRegistry(HttpServer server) {
        this.server = server;
    }

    /** A registry whose store is out of order. */
    static StandInRegistry outOfOrder() {
        return answering(500, "{\"error_code\":50001,\"message\":\"store\"}");
    }

    /** A gateway that knows no route to the registry, or has not been told yet. */
    static StandInRegistry gatewayWithoutRoute() {
        return answering(404, "");
    }

    private static StandInRegistry answering(int status, String text) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            byte[] body = text.getBytes(UTF_8);
            server.createContext("/", exchange -> {
                exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            server.start();
            return new StandInRegistry(server);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

package dev.pipelinetracker.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/** A registry in this JVM, on a free port: registers and finds schemas over HTTP, and misbehaves on demand. */
final class FakeRegistry implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String BASE = "/apis/ccompat/v7";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<Integer, String> answers = new ConcurrentHashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<String> authorizations = new CopyOnWriteArrayList<>();
    private final AtomicInteger lastId = new AtomicInteger();
    private volatile @Nullable Misbehaviour misbehaviour;

    FakeRegistry() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + BASE);
    }

    SchemaRegistry client() {
        return new SchemaRegistry(RegistrySettings.at(url()));
    }

    int add(Schema schema) {
        return add(JSON.createObjectNode().put("schema", schema.toString()).toString());
    }

    /** @param answer the body of {@code GET /schemas/ids/{id}} */
    int add(String answer) {
        int id = lastId.incrementAndGet();
        answers.put(id, answer);
        return id;
    }

    /** Method and path of every request so far, below the base URL, without the query. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    List<String> authorizations() {
        return List.copyOf(authorizations);
    }

    /** From now on every request is answered so. */
    void answerAll(int status, String body) {
        misbehaviour = exchange -> send(exchange, status, body);
    }

    /** From now on every request gets the headers of an answer whose body never ends. */
    void stallBodies(CountDownLatch until) {
        misbehaviour = exchange -> {
            exchange.sendResponseHeaders(200, 100);
            exchange.getResponseBody().write('{');
            exchange.getResponseBody().flush();
            awaitQuietly(until);
        };
    }

    /** From now on requests wait. */
    void holdUntil(CountDownLatch latch) {
        misbehaviour = exchange -> {
            awaitQuietly(latch);
            behave(exchange);
        };
    }

    void recover() {
        misbehaviour = null;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getRawPath();
            requests.add(exchange.getRequestMethod() + " " + path.substring(Math.min(path.length(), BASE.length())));
            String authorization = exchange.getRequestHeaders().getFirst("Authorization");
            if (authorization != null) {
                authorizations.add(authorization);
            }
            Misbehaviour now = misbehaviour;
            if (now == null) {
                behave(exchange);
            } else {
                now.answer(exchange);
            }
        }
    }

    private void behave(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (path.startsWith(BASE + "/schemas/ids/")) {
            String answer = answers.get(Integer.valueOf(path.substring((BASE + "/schemas/ids/").length())));
            if (answer == null) {
                send(exchange, 404, "{\"error_code\":40403,\"message\":\"Schema not found\"}");
            } else {
                send(exchange, 200, answer);
            }
        } else if (path.startsWith(BASE + "/subjects/") && path.endsWith("/versions")) {
            JsonNode body = JSON.readTree(exchange.getRequestBody());
            send(exchange, 200, "{\"id\":" + idOf(body.path("schema").asText()) + "}");
        } else {
            send(exchange, 404, "{\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}");
        }
    }

    private synchronized int idOf(String avsc) {
        Schema schema = new Schema.Parser().parse(avsc);
        for (Map.Entry<Integer, String> known : answers.entrySet()) {
            try {
                if (new Schema.Parser()
                        .parse(JSON.readTree(known.getValue()).path("schema").asText())
                        .equals(schema)) {
                    return known.getKey();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return add(schema);
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/vnd.schemaregistry.v1+json");
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    @FunctionalInterface
    private interface Misbehaviour {
        void answer(HttpExchange exchange) throws IOException;
    }
}

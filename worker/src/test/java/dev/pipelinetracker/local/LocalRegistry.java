package dev.pipelinetracker.local;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A schema registry that speaks the part of Confluent's REST protocol that Avro publishers and consumers use: schemas by id,
 * subjects and versions, look-up, compatibility check and levels. Not there: deletion, references, contexts, modes, and
 * schemas other than Avro. Listens on 127.0.0.1 only, asks for no password, and keeps ids and levels in a file.
 */
public final class LocalRegistry implements AutoCloseable {

    private static final String CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";
    private static final JsonMapper JSON = new JsonMapper();

    private final SchemaStore store;
    private final ExecutorService threads = Executors.newFixedThreadPool(4, task -> {
        Thread thread = new Thread(task, "local-registry");
        thread.setDaemon(true);
        return thread;
    });
    private final HttpServer server;

    private final List<Route> routes = List.of(
            new Route("GET", "/schemas/ids/([0-9]{1,9})", this::schemaById),
            new Route("GET", "/subjects", this::subjects),
            new Route("POST", "/subjects/([^/]+)", this::lookup),
            new Route("GET", "/subjects/([^/]+)/versions", this::versions),
            new Route("POST", "/subjects/([^/]+)/versions", this::register),
            new Route("GET", "/subjects/([^/]+)/versions/([^/]+)", this::version),
            new Route("POST", "/compatibility/subjects/([^/]+)/versions/([^/]+)", this::compatibility),
            new Route("GET", "/config", this::globalLevel),
            new Route("PUT", "/config", this::setGlobalLevel),
            new Route("GET", "/config/([^/]+)", this::level),
            new Route("PUT", "/config/([^/]+)", this::setLevel));

    private LocalRegistry(SchemaStore store, HttpServer server) {
        this.store = store;
        this.server = server;
    }

    /**
     * Starts to answer.
     *
     * @param file where the schemas are kept; made if it does not exist, in a folder that does
     * @param port the port on 127.0.0.1; 0 takes a free one
     * @throws IOException if the port is taken or the file cannot be read
     */
    public static LocalRegistry start(Path file, int port) throws IOException {
        LocalRegistry registry = new LocalRegistry(new SchemaStore(file), HttpServer.create(Loopback.address(port), 0));
        registry.server.setExecutor(registry.threads);
        registry.server.createContext("/", registry::handle);
        registry.server.start();
        return registry;
    }

    /** Where it listens, without a slash at the end. */
    public URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** Stops at once; requests under way get no answer. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private Object schemaById(Request request) throws RegistryRefusal {
        return Map.of("schema", store.schema(Integer.parseInt(request.path(0))));
    }

    private Object subjects(Request request) {
        return store.subjects();
    }

    private Object lookup(Request request) throws RegistryRefusal {
        return store.lookup(request.path(0), request.schema());
    }

    private Object versions(Request request) throws RegistryRefusal {
        return store.versions(request.path(0));
    }

    private Object register(Request request) throws RegistryRefusal {
        return Map.of("id", store.register(request.path(0), request.schema()));
    }

    private Object version(Request request) throws RegistryRefusal {
        return store.version(request.path(0), request.path(1));
    }

    private Object compatibility(Request request) throws RegistryRefusal {
        return Map.of("is_compatible", store.compatible(request.path(0), request.path(1), request.schema()));
    }

    private Object globalLevel(Request request) {
        return Map.of("compatibilityLevel", store.globalLevel());
    }

    private Object setGlobalLevel(Request request) throws RegistryRefusal {
        store.setGlobalLevel(request.text("compatibility"));
        return Map.of("compatibility", store.globalLevel());
    }

    private Object level(Request request) throws RegistryRefusal {
        String subject = request.path(0);
        return Map.of(
                "compatibilityLevel",
                request.asks("defaultToGlobal") ? store.levelInForce(subject) : store.level(subject));
    }

    private Object setLevel(Request request) throws RegistryRefusal {
        store.setLevel(request.path(0), request.text("compatibility"));
        return Map.of("compatibility", store.level(request.path(0)));
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            int status = 200;
            Object answer;
            try {
                answer = answer(exchange);
            } catch (RegistryRefusal refusal) {
                status = refusal.httpStatus();
                answer = Map.of("error_code", refusal.errorCode(), "message", String.valueOf(refusal.getMessage()));
            }
            byte[] body = JSON.writeValueAsBytes(answer);
            exchange.getResponseHeaders().set("Content-Type", CONTENT_TYPE);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private Object answer(HttpExchange exchange) throws IOException, RegistryRefusal {
        // Read whole even if nobody asks for it: a body left over breaks the connection's next request.
        byte[] body = exchange.getRequestBody().readAllBytes();
        URI uri = exchange.getRequestURI();
        boolean pathKnown = false;
        for (Route route : routes) {
            Matcher path = route.path().matcher(uri.getRawPath());
            if (!path.matches()) {
                continue;
            }
            if (route.method().equals(exchange.getRequestMethod())) {
                return route.action().answer(new Request(path, uri.getRawQuery(), body));
            }
            pathKnown = true;
        }
        throw pathKnown ? RegistryRefusal.methodNotAllowed() : RegistryRefusal.noSuchResource();
    }

    private record Route(String method, Pattern path, Action action) {

        Route(String method, String path, Action action) {
            this(method, Pattern.compile(path), action);
        }
    }

    @FunctionalInterface
    private interface Action {
        Object answer(Request request) throws RegistryRefusal;
    }

    private static final class Request {

        private final List<String> path;
        private final @Nullable String query;
        private final byte[] body;

        Request(Matcher path, @Nullable String query, byte[] body) {
            this.path = IntStream.rangeClosed(1, path.groupCount())
                    .mapToObj(group -> URLDecoder.decode(path.group(group), StandardCharsets.UTF_8))
                    .toList();
            this.query = query;
            this.body = body;
        }

        String path(int index) {
            return path.get(index);
        }

        boolean asks(String flag) {
            return query != null && List.of(query.split("&", -1)).contains(flag + "=true");
        }

        /** A text field of the body, null if there is none. */
        @Nullable
        String text(String field) throws RegistryRefusal {
            try {
                JsonNode value = JSON.readTree(body).get(field);
                return value == null ? null : value.asString(null);
            } catch (JacksonException e) {
                throw RegistryRefusal.badRequest("The body is not JSON");
            }
        }

        @Nullable
        String schema() throws RegistryRefusal {
            String type = text("schemaType");
            if (type != null && !type.equals("AVRO")) {
                throw RegistryRefusal.invalidSchema("only Avro schemas are kept here");
            }
            return text("schema");
        }
    }
}

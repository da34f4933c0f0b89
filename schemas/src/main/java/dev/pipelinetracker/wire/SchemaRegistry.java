package dev.pipelinetracker.wire;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.apache.avro.Schema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A schema registry that speaks Confluent's REST protocol. Safe for use by several threads.
 *
 * <p>A schema is fetched once and cached for good: an id never changes its meaning. So ids already seen are served while the
 * registry is away.
 *
 * @see <a href="https://docs.confluent.io/platform/current/schema-registry/develop/api.html">Confluent: Schema Registry API</a>
 */
public final class SchemaRegistry {
    private static final Logger log = LoggerFactory.getLogger(SchemaRegistry.class);

    /** A follower may lag behind the leader that has just registered an id: ask again before it counts as unknown. */
    private static final int LOOKUPS = 3;

    private static final Duration BETWEEN_LOOKUPS = Duration.ofMillis(400);

    /** So that a flood of one bad id does not make its neighbours wait for lookups. */
    private static final Duration UNKNOWN_FOR = Duration.ofSeconds(30);

    /** So many unknown ids within that time are junk, not schemas on their way: each is then asked for once. */
    private static final int FLOOD = 10;

    private static final int MAX_REASON_LENGTH = 500;

    private final RegistryHttp http;
    private final ConcurrentHashMap<Integer, Schema> known = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Integer, Unknown> unknown = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Integer, CompletableFuture<Schema>> underWay = new ConcurrentHashMap<>();

    /** Connects to nothing yet. */
    public SchemaRegistry(RegistrySettings settings) {
        this.http = new RegistryHttp(settings);
    }

    /**
     * The schema that is registered under an id. Blocks only for an id not seen before: one thread asks, the others that want
     * the same id wait for its answer. Bounded: the slowest is three requests, each bounded by the request time-out, and about
     * one second between them.
     *
     * @throws UnknownSchemaException if the registry answers that it has no such schema, and still does about a second later
     *     (unless ten others were unknown in the last 30 s: then its first answer counts); or
     *     if it has one that is not Avro, does not parse, or refers to others. Remembered for 30 s.
     * @throws RegistryUnavailableException if it gives any other answer or none
     */
    public Schema byId(int id) throws UnknownSchemaException {
        Schema schema = known.get(id);
        if (schema != null) {
            return schema;
        }
        Unknown remembered = unknown.get(id);
        if (remembered != null && !remembered.isOver()) {
            throw remembered.verdict();
        }
        CompletableFuture<Schema> mine = new CompletableFuture<>();
        CompletableFuture<Schema> others = underWay.putIfAbsent(id, mine);
        if (others != null) {
            return await(id, others);
        }
        try {
            Schema fetched = fetch(id);
            known.put(id, fetched);
            mine.complete(fetched);
            return fetched;
        } catch (UnknownSchemaException e) {
            unknown.values().removeIf(Unknown::isOver);
            unknown.put(id, new Unknown(e, System.nanoTime() + UNKNOWN_FOR.toNanos()));
            mine.completeExceptionally(e);
            throw e;
        } catch (RuntimeException | Error e) {
            mine.completeExceptionally(e);
            throw e;
        } finally {
            underWay.remove(id);
        }
    }

    /**
     * Registers a schema as the newest version of a subject; does nothing if it is one already.
     *
     * @param subject {@code <topic>-value} for the values of a topic
     * @param avsc the schema's JSON text, see {@link EventSchemas#avsc}
     * @return the schema's id
     * @throws SchemaRefusedException if the registry refuses the schema as incompatible or invalid
     * @throws RegistryUnavailableException if it gives any other answer or none
     */
    public int register(String subject, String avsc) {
        String path = "/subjects/"
                + URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20") + "/versions";
        RegistryAnswer answer = http.post(path, Map.of("schema", avsc));
        if (answer.status() == 409 || answer.status() == 422) {
            String reason = answer.body().path("message").asText();
            throw new SchemaRefusedException(
                    answer.describe() + ": " + reason.substring(0, Math.min(reason.length(), MAX_REASON_LENGTH)));
        }
        JsonNode id = answer.body().path("id");
        if (!answer.isOk() || !id.isInt()) {
            throw new RegistryUnavailableException(answer.describe(), null);
        }
        return id.intValue();
    }

    private Schema fetch(int id) throws UnknownSchemaException {
        String path = "/schemas/ids/" + id;
        RegistryAnswer answer = http.get(path);
        int lookups = unknown.size() < FLOOD ? LOOKUPS : 1;
        for (int lookup = 1; answer.saysUnknownSchema() && lookup < lookups; lookup++) {
            pause(path);
            answer = http.get(path);
        }
        if (answer.saysUnknownSchema()) {
            throw new UnknownSchemaException("schema id " + id + " is unknown to the registry");
        }
        JsonNode text = answer.body().path("schema");
        if (!answer.isOk() || !text.isTextual()) {
            throw new RegistryUnavailableException(answer.describe(), null);
        }
        Schema schema = parse(id, answer.body(), text.textValue());
        log.info("Schema id {} is {}", id, schema.getFullName());
        return schema;
    }

    private static Schema parse(int id, JsonNode body, String text) throws UnknownSchemaException {
        String kind = body.path("schemaType").asText("AVRO");
        if (!kind.equals("AVRO")) {
            throw new UnknownSchemaException("schema id " + id + " is registered, but not as Avro");
        }
        if (!body.path("references").isEmpty()) {
            throw new UnknownSchemaException("schema id " + id + " refers to other schemas, which is not supported");
        }
        try {
            // Defaults are the reader's business; old writers got them wrong and their events are fine.
            return new Schema.Parser().setValidateDefaults(false).parse(text);
        } catch (RuntimeException | StackOverflowError e) {
            throw new UnknownSchemaException("schema id " + id + " is registered, but does not parse as Avro");
        }
    }

    private static void pause(String path) {
        try {
            Thread.sleep(BETWEEN_LOOKUPS.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException(path + ": interrupted", e);
        }
    }

    private static Schema await(int id, CompletableFuture<Schema> answer) throws UnknownSchemaException {
        try {
            return answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException("schema id " + id + ": interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownSchemaException verdict) {
                throw verdict;
            }
            if (e.getCause() instanceof RegistryUnavailableException unavailable) {
                throw unavailable;
            }
            throw new RegistryUnavailableException(
                    "schema id " + id + ": the registry could not be asked", e.getCause());
        }
    }

    /** @param until by {@link System#nanoTime} */
    private record Unknown(UnknownSchemaException verdict, long until) {
        boolean isOver() {
            return System.nanoTime() - until >= 0;
        }
    }
}

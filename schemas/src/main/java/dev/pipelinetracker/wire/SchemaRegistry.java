package dev.pipelinetracker.wire;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.avro.Schema;

/**
 * A schema registry that speaks Confluent's REST protocol. Safe for use by several threads.
 *
 * <p>A schema is fetched once and cached for good: an id never changes its meaning. So ids already seen are served while the
 * registry is away.
 *
 * @see <a href="https://docs.confluent.io/platform/current/schema-registry/develop/api.html">Confluent: Schema Registry API</a>
 */
public final class SchemaRegistry {
    private static final int MAX_REASON_LENGTH = 500;

    private final RegistryHttp http;
    private final SchemasById schemas;

    /** Connects to nothing yet. */
    public SchemaRegistry(RegistrySettings settings) {
        this.http = new RegistryHttp(settings);
        this.schemas = new SchemasById(new SchemaFetch(http));
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
        return schemas.get(id);
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
        RegistryAnswer answer = http.post("/subjects/" + encoded(subject) + "/versions", Map.of("schema", avsc));
        if (answer.status() == 409 || answer.status() == 422) {
            String reason = answer.body().path("message").asText();
            throw new SchemaRefusedException(
                    answer.describe() + ": " + reason.substring(0, Math.min(reason.length(), MAX_REASON_LENGTH)));
        }
        return answer.id();
    }

    /**
     * The id under which a subject knows a schema. Asks for less than {@link #register}: a client that may only read may ask.
     *
     * @return the id; empty if the subject does not exist or does not know the schema
     * @throws RegistryUnavailableException if the registry gives any other answer or none
     */
    public OptionalInt lookup(String subject, String avsc) {
        RegistryAnswer answer = http.post("/subjects/" + encoded(subject), Map.of("schema", avsc));
        if (answer.saysNotInSubject()) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(answer.id());
    }

    /**
     * All versions of a subject, oldest first: number and schema text.
     *
     * @return empty if the subject does not exist
     * @throws RegistryUnavailableException if the registry gives any other answer or none
     */
    public SortedMap<Integer, String> versions(String subject) {
        String path = "/subjects/" + encoded(subject) + "/versions";
        RegistryAnswer answer = http.get(path);
        SortedMap<Integer, String> versions = new TreeMap<>();
        if (answer.saysNotInSubject()) {
            return versions;
        }
        if (!answer.isOk() || !answer.body().isArray()) {
            throw new RegistryUnavailableException(answer.describe(), null);
        }
        for (JsonNode number : answer.body()) {
            RegistryAnswer version = http.get(path + "/" + number.asInt());
            versions.put(number.asInt(), version.text("schema"));
        }
        return versions;
    }

    /**
     * The compatibility level that was set for a subject.
     *
     * @return {@code BACKWARD}, {@code FULL_TRANSITIVE} and so on; empty if the subject has none of its own and the
     *     registry's applies
     * @throws RegistryUnavailableException if the registry gives any other answer or none
     */
    public Optional<String> level(String subject) {
        RegistryAnswer answer = http.get("/config/" + encoded(subject));
        if (answer.saysNoLevel()) {
            return Optional.empty();
        }
        return Optional.of(answer.text("compatibilityLevel"));
    }

    /**
     * Sets the compatibility level of a subject.
     *
     * @param level {@code BACKWARD}, {@code FULL_TRANSITIVE} and so on
     * @throws RegistryUnavailableException if the registry gives any answer but 200, or none
     */
    public void setLevel(String subject, String level) {
        RegistryAnswer answer = http.put("/config/" + encoded(subject), Map.of("compatibility", level));
        if (!answer.isOk()) {
            throw new RegistryUnavailableException(answer.describe(), null);
        }
    }

    private static String encoded(String subject) {
        return URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20");
    }
}

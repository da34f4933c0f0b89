package dev.pipelinetracker.wire;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import org.apache.avro.Schema;

/** Asks a registry for the schema of an id, more than once if need be. */
final class SchemaFetch {
    /** A follower may lag behind the leader that has just registered an id: ask again before it counts as unknown. */
    private static final int LOOKUPS = 3;

    private static final Duration BETWEEN_LOOKUPS = Duration.ofMillis(400);

    private final RegistryHttp http;

    SchemaFetch(RegistryHttp http) {
        this.http = http;
    }

    /**
     * The schema that is registered under an id.
     *
     * @param patient whether an id that is unknown is asked for again
     * @throws UnknownSchemaException if the registry has no such schema, or none that is Avro and stands alone
     * @throws RegistryUnavailableException if it gives any other answer or none
     */
    Schema fetch(int id, boolean patient) throws UnknownSchemaException {
        String path = "/schemas/ids/" + id;
        RegistryAnswer answer = http.get(path);
        for (int lookup = 1; patient && answer.saysUnknownSchema() && lookup < LOOKUPS; lookup++) {
            pause(path);
            answer = http.get(path);
        }
        if (answer.saysUnknownSchema()) {
            throw new UnknownSchemaException("schema id " + id + " is unknown to the registry");
        }
        return parse(id, answer.body(), answer.text("schema"));
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
}

package dev.pipelinetracker.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.wire.EventSchemas;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Speaks to the registry over HTTP, as any publisher would. */
class LocalRegistryTest {

    private static final JsonMapper JSON = new JsonMapper();

    private static final String PERSON = person("{\"name\": \"name\", \"type\": \"string\"}");
    private static final String WITH_DEFAULTED_AGE = person(
            "{\"name\": \"name\", \"type\": \"string\"}," + "{\"name\": \"age\", \"type\": \"int\", \"default\": 0}");
    private static final String WITH_AGE =
            person("{\"name\": \"name\", \"type\": \"string\"}, {\"name\": \"age\", \"type\": \"int\"}");
    private static final String NAMELESS = person("");
    private static final String RENAMED = person("{\"name\": \"nickname\", \"type\": \"string\"}");

    private record Answer(int status, String contentType, JsonNode body) {

        int errorCode() {
            return body.path("error_code").asInt();
        }
    }

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    private LocalRegistry registry;

    @BeforeEach
    void start() throws IOException {
        registry = LocalRegistry.start(folder.resolve("registry.json"), 0);
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    @Test
    void givesTheSchemaBehindTheIdThatARegistrationReturned() throws Exception {
        int id = register("people-value", PERSON).body().path("id").asInt();

        Answer answer = get("/schemas/ids/" + id);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.contentType()).isEqualTo("application/vnd.schemaregistry.v1+json");
        assertThat(JSON.readTree(answer.body().path("schema").asString())).isEqualTo(JSON.readTree(PERSON));
    }

    @Test
    void knowsASchemaAgainWhateverItsWhiteSpaceAndSubject() throws Exception {
        int id = register("people-value", PERSON).body().path("id").asInt();

        assertThat(register("people-value", PERSON.replace(" ", "\n  "))
                        .body()
                        .path("id")
                        .asInt())
                .isEqualTo(id);
        assertThat(register("others-value", PERSON).body().path("id").asInt()).isEqualTo(id);
        assertThat(get("/subjects/people-value/versions").body().toString()).isEqualTo("[1]");
        assertThat(register("people-value", WITH_DEFAULTED_AGE)
                        .body()
                        .path("id")
                        .asInt())
                .isEqualTo(id + 1);
        assertThat(get("/subjects").body().toString()).isEqualTo("[\"others-value\",\"people-value\"]");
    }

    @Test
    void listsASubjectsVersions() throws Exception {
        register("people-value", PERSON);
        register("people-value", WITH_DEFAULTED_AGE);

        assertThat(get("/subjects/people-value/versions").body().toString()).isEqualTo("[1,2]");
        JsonNode first = get("/subjects/people-value/versions/1").body();
        JsonNode latest = get("/subjects/people-value/versions/latest").body();
        assertThat(first.path("version").asInt()).isEqualTo(1);
        assertThat(first.path("subject").asString()).isEqualTo("people-value");
        assertThat(latest.path("version").asInt()).isEqualTo(2);
        assertThat(JSON.readTree(latest.path("schema").asString())).isEqualTo(JSON.readTree(WITH_DEFAULTED_AGE));
    }

    @Test
    void findsAVersionByItsSchema() throws Exception {
        register("people-value", PERSON);
        register("people-value", WITH_DEFAULTED_AGE);

        JsonNode found = post("/subjects/people-value", PERSON).body();

        assertThat(found.path("version").asInt()).isEqualTo(1);
        assertThat(found.path("id").asInt()).isEqualTo(1);
        assertThat(post("/subjects/people-value", WITH_AGE).errorCode()).isEqualTo(40403);
        assertThat(post("/subjects/nobody-value", PERSON).errorCode()).isEqualTo(40401);
    }

    @Test
    void keepsIdsAndLevelsAcrossARestart() throws Exception {
        register("people-value", PERSON);
        int id = register("people-value", WITH_DEFAULTED_AGE).body().path("id").asInt();
        put("/config/people-value", "NONE");
        put("/config", "FULL");
        registry.close();
        registry = LocalRegistry.start(folder.resolve("registry.json"), 0);

        assertThat(get("/subjects/people-value/versions/2").body().path("id").asInt())
                .isEqualTo(id);
        assertThat(get("/config").body().path("compatibilityLevel").asString()).isEqualTo("FULL");
        assertThat(get("/config/people-value").body().path("compatibilityLevel").asString())
                .isEqualTo("NONE");
        assertThat(register("people-value", WITH_AGE).body().path("id").asInt()).isEqualTo(id + 1);
    }

    @ParameterizedTest
    @CsvSource({
        // level,                a field with default, without,  none left, another name
        "BACKWARD,               200, 409, 200, 409",
        "FORWARD,                200, 200, 409, 409",
        "FULL,                   200, 409, 409, 409",
        "NONE,                   200, 200, 200, 200"
    })
    void refusesWhatTheLevelDoesNotAdmit(String level, int withDefault, int without, int nameless, int renamed)
            throws Exception {
        put("/config", level);
        Map<String, Integer> expected =
                Map.of(WITH_DEFAULTED_AGE, withDefault, WITH_AGE, without, NAMELESS, nameless, RENAMED, renamed);

        for (Map.Entry<String, Integer> candidate : expected.entrySet()) {
            String subject = "subject-" + candidate.getKey().hashCode();
            register(subject, PERSON);

            Answer check = post("/compatibility/subjects/" + subject + "/versions/latest", candidate.getKey());
            Answer registration = register(subject, candidate.getKey());

            assertThat(registration.status()).as(candidate.getKey()).isEqualTo(candidate.getValue());
            assertThat(check.body().path("is_compatible").asBoolean()).isEqualTo(candidate.getValue() == 200);
            if (registration.status() == 409) {
                assertThat(registration.errorCode()).isEqualTo(409);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"BACKWARD, 200", "BACKWARD_TRANSITIVE, 409"})
    void looksBeyondTheLatestVersionOnlyWhenTransitive(String level, int expected) throws Exception {
        // "age" goes and comes back without a default: fine for the latest, not for what the first wrote
        put("/config/people-value", "NONE");
        register("people-value", NAMELESS);
        register("people-value", WITH_AGE);
        put("/config/people-value", level);

        assertThat(register("people-value", WITH_AGE.replace("int", "long")).status())
                .isEqualTo(expected);
    }

    @Test
    void checksAgainstTheVersionThatIsAskedFor() throws Exception {
        put("/config", "NONE");
        register("people-value", NAMELESS);
        register("people-value", WITH_AGE);
        put("/config", "BACKWARD");

        String versions = "/compatibility/subjects/people-value/versions/";
        assertThat(post(versions + "1", PERSON).body().path("is_compatible").asBoolean())
                .isFalse();
        assertThat(post(versions + "2", PERSON).body().path("is_compatible").asBoolean())
                .isTrue();
        assertThat(post(versions + "3", PERSON).errorCode()).isEqualTo(40402);
        assertThat(post("/compatibility/subjects/nobody-value/versions/latest", PERSON)
                        .body()
                        .path("is_compatible")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void saysWhatIsWrongInTheProtocolsNumbers() throws Exception {
        register("people-value", PERSON);

        assertError(get("/schemas/ids/99"), 404, 40403);
        assertError(get("/subjects/nobody-value/versions"), 404, 40401);
        assertError(get("/subjects/nobody-value/versions/1"), 404, 40401);
        assertError(get("/subjects/people-value/versions/2"), 404, 40402);
        assertError(get("/subjects/people-value/versions/zero"), 422, 42202);
        assertError(register("people-value", "{\"type\": \"no such type\"}"), 422, 42201);
        assertError(request("POST", "/subjects/people-value/versions", "{}"), 422, 42201);
        assertError(request("POST", "/subjects/people-value/versions", "no JSON"), 400, 400);
        assertError(put("/config", "SIDEWAYS"), 422, 42203);
        assertError(get("/config/people-value"), 404, 40408);
        assertError(get("/nowhere"), 404, 404);
        assertError(request("PUT", "/subjects", "{}"), 405, 405);
        assertThat(get("/config/people-value?defaultToGlobal=true")
                        .body()
                        .path("compatibilityLevel")
                        .asString())
                .isEqualTo("BACKWARD");
    }

    @Test
    void promisesNoIdThatItCouldNotKeep() throws Exception {
        Files.createDirectories(folder.resolve("registry.json.new").resolve("in the way"));

        assertError(register("people-value", PERSON), 500, 50001);
        assertThat(get("/subjects").body().toString()).isEqualTo("[]");
    }

    @Test
    void servesTheWorkersOwnClient() throws Exception {
        SchemaRegistry client = new SchemaRegistry(RegistrySettings.at(registry.url()));

        int id = client.register("etl.pipeline-runs-value", EventSchemas.avsc(PipelineRun.class));

        assertThat(client.byId(id).getFullName()).isEqualTo(PipelineRun.class.getName());
    }

    private static String person(String fields) {
        return "{\"type\": \"record\", \"name\": \"Person\", \"fields\": [" + fields + "]}";
    }

    private static void assertError(Answer answer, int status, int errorCode) {
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.errorCode()).isEqualTo(errorCode);
        assertThat(answer.body().path("message").asString()).isNotBlank();
        assertThat(answer.contentType()).isEqualTo("application/vnd.schemaregistry.v1+json");
    }

    private Answer register(String subject, String schema) throws Exception {
        return post("/subjects/" + subject + "/versions", schema);
    }

    private Answer post(String path, String schema) throws Exception {
        return request("POST", path, JSON.writeValueAsString(Map.of("schema", schema)));
    }

    private Answer put(String path, String level) throws Exception {
        return request("PUT", path, JSON.writeValueAsString(Map.of("compatibility", level)));
    }

    private Answer get(String path) throws Exception {
        return request("GET", path, "");
    }

    private Answer request(String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(registry.url() + path))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
        return new Answer(
                response.statusCode(),
                response.headers().firstValue("Content-Type").orElse(""),
                JSON.readTree(response.body()));
    }
}

package dev.pipelinetracker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.pipelinetracker.events.PipelineRun;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.avro.Schema;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class SchemaRegistryTest {
    private static final String AVSC = EventSchemas.avsc(PipelineRun.class);

    private final FakeRegistry registry = new FakeRegistry();
    private final SchemaRegistry client = registry.client();

    @AfterEach
    void stop() {
        registry.close();
    }

    @Test
    void a_number_that_no_registry_gives_is_no_id() {
        for (int id : new int[] {0, -1}) {
            registry.answerAll(200, "{\"id\":" + id + "}");
            assertThatThrownBy(() -> client.register("etl.pipeline-runs-value", AVSC))
                    .isInstanceOf(RegistryUnavailableException.class)
                    .hasMessageEndingWith("status 200, but with no id");
        }
    }

    @Test
    void finds_what_it_registered() throws Exception {
        int id = client.register("etl.pipeline-runs-value", AVSC);
        assertThat(client.byId(id)).isEqualTo(new Schema.Parser().parse(AVSC));
        assertThat(client.register("etl.pipeline-runs-value", AVSC)).isEqualTo(id);
        assertThat(registry.requests())
                .containsExactly(
                        "POST /subjects/etl.pipeline-runs-value/versions",
                        "GET /schemas/ids/" + id,
                        "POST /subjects/etl.pipeline-runs-value/versions");
    }

    @Test
    void a_subject_of_any_name_stays_one_segment_of_the_path() {
        client.register(":.ctx:a/b c+d", AVSC);
        assertThat(registry.requests()).containsExactly("POST /subjects/%3A.ctx%3Aa%2Fb%20c%2Bd/versions");
    }

    @Test
    void a_base_url_may_end_in_a_slash() throws Exception {
        int id = registry.add(Schema.create(Schema.Type.STRING));
        URI url = URI.create(registry.url() + "/");
        assertThat(new SchemaRegistry(RegistrySettings.at(url)).byId(id).getType())
                .isEqualTo(Schema.Type.STRING);
    }

    @Test
    void a_schema_is_cached_for_good() throws Exception {
        int id = registry.add(Schema.create(Schema.Type.STRING));
        Schema schema = client.byId(id);
        registry.close();
        assertThat(client.byId(id)).isSameAs(schema);
    }

    @Test
    void threads_that_want_the_same_id_share_one_request() throws Exception {
        int id = registry.add(Schema.create(Schema.Type.STRING));
        CountDownLatch release = new CountDownLatch(1);
        registry.holdUntil(release);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<Schema>> answers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                answers.add(threads.submit(() -> client.byId(id)));
            }
            release.countDown();
            for (Future<Schema> answer : answers) {
                assertThat(answer.get().getType()).isEqualTo(Schema.Type.STRING);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(registry.requests()).containsExactly("GET /schemas/ids/" + id);
    }

    @Test
    void an_id_the_registry_does_not_have_is_unknown_after_three_lookups_and_remembered() {
        assertUnknown(4711, "schema id 4711 is unknown to the registry");
        assertThat(registry.requests()).hasSize(3).containsOnly("GET /schemas/ids/4711");
        assertUnknown(4711, "schema id 4711 is unknown to the registry");
        assertThat(registry.requests()).hasSize(3);
    }

    @Test
    void a_flood_of_unknown_ids_that_is_over_costs_the_next_id_none_of_its_lookups() throws Exception {
        Duration unknownFor = Duration.ofSeconds(3);
        SchemasById schemas =
                new SchemasById(new SchemaFetch(new RegistryHttp(RegistrySettings.at(registry.url()))), unknownFor);
        ExecutorService threads = Executors.newFixedThreadPool(10);
        try {
            List<Future<?>> flood = new ArrayList<>();
            for (int id = 1; id <= 10; id++) {
                int unknown = id;
                flood.add(threads.submit(() -> catchThrowable(() -> schemas.get(unknown))));
            }
            for (Future<?> lookup : flood) {
                lookup.get();
            }
        } finally {
            threads.shutdownNow();
        }
        long over = System.nanoTime() + unknownFor.toNanos();
        while (System.nanoTime() - over <= 0) {
            Thread.onSpinWait();
        }
        assertThatThrownBy(() -> schemas.get(11)).isInstanceOf(UnknownSchemaException.class);
        assertThat(registry.requests())
                .filteredOn("GET /schemas/ids/11"::equals)
                .hasSize(3);
    }

    @Test
    void a_schema_that_a_lagging_follower_gets_late_is_found() throws Exception {
        Future<Integer> late;
        ExecutorService leader = Executors.newSingleThreadExecutor();
        try {
            late = leader.submit(() -> {
                while (registry.requests().isEmpty()) {
                    Thread.onSpinWait();
                }
                return registry.add(Schema.create(Schema.Type.STRING));
            });
            assertThat(client.byId(1).getType()).isEqualTo(Schema.Type.STRING);
            assertThat(late.get()).isEqualTo(1);
        } finally {
            leader.shutdownNow();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'schemaType':'PROTOBUF','schema':'message A {}'}|not as Avro",
                "{'schemaType':'JSON','schema':'{}'}|not as Avro",
                "{'schema':'{\\'type\\':\\'no-such-type\\'}'}|does not parse",
                "{'schema':'{'}|does not parse",
                "{'schema':'\\'string\\'','references':[{'name':'a','subject':'b','version':1}]}|refers to other schemas"
            })
    void a_schema_that_is_of_no_use_is_the_records_fault_at_once(String answer, String message) {
        int id = registry.add(answer.replace("\\'", "\\\"").replace('\'', '"'));
        assertUnknown(id, message);
        assertThat(registry.requests()).hasSize(1);
    }

    @Test
    void an_avro_schema_may_say_so_and_have_an_empty_list_of_references() throws Exception {
        int id = registry.add(
                "{\"schemaType\":\"AVRO\",\"references\":[],\"schema\":\"\\\"string\\\"\",\"guid\":\"x\"}");
        assertThat(client.byId(id).getType()).isEqualTo(Schema.Type.STRING);
    }

    @Test
    void a_writers_wrong_default_is_no_reason_to_refuse_its_events() throws Exception {
        int id = registry.add("{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"R\\\",\\\"fields\\\":"
                + "[{\\\"name\\\":\\\"f\\\",\\\"type\\\":\\\"long\\\",\\\"default\\\":\\\"x\\\"}]}\"}");
        assertThat(client.byId(id).getName()).isEqualTo("R");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "500|",
                "500|{'error_code':50001,'message':'SECRET'}",
                "502|<html>SECRET</html>",
                "503|",
                "429|",
                "401|{'error_code':401,'message':'SECRET'}",
                "403|",
                "302|",
                "404|",
                "404|<html>SECRET</html>",
                "404|{'error_code':404,'message':'HTTP 404 Not Found'}",
                "404|{'error_code':40401,'message':'SECRET'}",
                "400|{'error_code':400}",
                "200|",
                "200|<html>SECRET</html>",
                "200|{'schema':7}",
                "200|[]",
                "204|"
            })
    void any_other_answer_is_the_worlds_fault_and_not_remembered(int status, String body) throws Exception {
        int id = registry.add(Schema.create(Schema.Type.STRING));
        registry.answerAll(status, body == null ? "" : body.replace('\'', '"'));
        assertThatThrownBy(() -> client.byId(id))
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageContaining("/schemas/ids/" + id + ": the registry answered with status " + status)
                .hasMessageNotContaining("SECRET");
        if (status != 409) {
            assertThatThrownBy(() -> client.register("s", AVSC)).isInstanceOf(RegistryUnavailableException.class);
        }
        registry.recover();
        assertThat(client.byId(id).getType()).isEqualTo(Schema.Type.STRING);
    }

    @Test
    void the_message_has_confluents_error_code() {
        registry.answerAll(500, "{\"error_code\":50003,\"message\":\"no leader\"}");
        assertThatThrownBy(() -> client.byId(1))
                .hasMessage("/schemas/ids/1: the registry answered with status 500, error code 50003");
    }

    @ParameterizedTest
    @ValueSource(ints = {409, 422})
    void a_schema_that_is_refused_comes_with_the_registrys_words(int status) {
        registry.answerAll(status, "{\"error_code\":42201,\"message\":\"" + "Invalid ".repeat(1_000) + "\"}");
        assertThatThrownBy(() -> client.register("s", AVSC))
                .isInstanceOf(SchemaRefusedException.class)
                .hasMessageStartingWith("/subjects/s/versions: the registry answered with status " + status
                        + ", error code 42201: Invalid Invalid")
                .message()
                .hasSizeLessThan(700);
    }

    @Test
    void a_refused_connection_is_the_worlds_fault() throws IOException {
        URI nobody;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = URI.create("http://127.0.0.1:" + socket.getLocalPort());
        }
        assertThatThrownBy(() -> new SchemaRegistry(RegistrySettings.at(nobody)).byId(1))
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessage("/schemas/ids/1: the registry cannot be reached (ConnectException)");
    }

    @Test
    void a_registry_that_hangs_before_or_within_its_answer_is_left_in_time() {
        CountDownLatch release = new CountDownLatch(1);
        SchemaRegistry hasty = new SchemaRegistry(
                new RegistrySettings(registry.url(), Duration.ofMillis(300), Duration.ofMillis(300), null, null));
        for (Runnable misbehave :
                List.<Runnable>of(() -> registry.holdUntil(release), () -> registry.stallBodies(release))) {
            misbehave.run();
            long start = System.nanoTime();
            assertThatThrownBy(() -> hasty.byId(1)).isInstanceOf(RegistryUnavailableException.class);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        }
        release.countDown();
    }

    @Test
    void an_interrupt_ends_the_wait_and_is_kept() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        registry.holdUntil(release);
        Thread[] waiting = new Thread[1];
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try {
            Future<Boolean> kept = threads.submit(() -> {
                waiting[0] = Thread.currentThread();
                Throwable thrown = catchThrowable(() -> client.byId(1));
                assertThat(thrown).isInstanceOf(RegistryUnavailableException.class);
                return Thread.interrupted();
            });
            while (registry.requests().isEmpty()) {
                Thread.onSpinWait();
            }
            waiting[0].interrupt();
            assertThat(kept.get()).isTrue();
        } finally {
            release.countDown();
            threads.shutdownNow();
        }
    }

    @Test
    void credentials_are_sent_and_never_shown() throws Exception {
        int id = registry.add(Schema.create(Schema.Type.STRING));
        RegistrySettings open = RegistrySettings.at(registry.url());
        RegistrySettings basic = open.withBasicAuth("ünal", "geheim");
        RegistrySettings bearer = open.withBearerToken("t0k3n");
        new SchemaRegistry(open).byId(id);
        assertThat(registry.authorizations()).isEmpty();
        new SchemaRegistry(basic).byId(id);
        new SchemaRegistry(bearer).byId(id);
        String encoded = Base64.getEncoder().encodeToString("ünal:geheim".getBytes(StandardCharsets.UTF_8));
        assertThat(registry.authorizations()).containsExactly("Basic " + encoded, "Bearer t0k3n");
        assertThat(basic + " " + bearer)
                .doesNotContain("geheim", encoded, "t0k3n")
                .contains("with credentials");
        registry.answerAll(401, "");
        assertThatThrownBy(() -> new SchemaRegistry(basic).byId(id)).hasMessageNotContaining(encoded);
    }

    @ParameterizedTest
    @ValueSource(strings = {"geheim\n", "geheim\r\nX: y", "gehe\u0000im", "geheimnüß"})
    void a_token_that_no_header_can_hold_is_refused_without_showing_it(String token) {
        RegistrySettings open = RegistrySettings.at(registry.url());
        assertThatThrownBy(() -> open.withBearerToken(token))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("token")
                .hasMessageNotContaining("gehe");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"ftp://host", "host:8081", "http://user:geheim@host", "http://host?x=1", "http://host#x", "/path"
            })
    void a_url_that_is_not_a_host_and_a_path_is_refused_without_showing_it(String url) {
        assertThatThrownBy(() -> RegistrySettings.at(URI.create(url)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("geheim");
    }

    private void assertUnknown(int id, String message) {
        assertThatThrownBy(() -> client.byId(id))
                .isInstanceOf(UnknownSchemaException.class)
                .hasMessageContaining(message);
    }
}

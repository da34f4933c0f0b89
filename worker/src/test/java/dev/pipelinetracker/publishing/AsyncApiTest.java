package dev.pipelinetracker.publishing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pipelinetracker.engine.DeadLetters;
import dev.pipelinetracker.engine.Outcome;
import dev.pipelinetracker.publish.EventFeed;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RunningWorker;
import dev.pipelinetracker.wire.EventSchemas;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The AsyncAPI document says what the code does: every topic, message, field and header, and nothing else. */
class AsyncApiTest {

    private static final Path FOLDER = Path.of("..", "schemas", "src", "main", "asyncapi");
    private static final Set<String> ROOT =
            Set.of("asyncapi", "info", "servers", "defaultContentType", "channels", "operations", "components");

    private final JsonNode document = document();

    @Test
    void theDocumentIsAsyncApiThreeAndEveryReferenceLeadsSomewhere() throws IOException {
        assertThat(document.path("asyncapi").asText()).isEqualTo("3.0.0");
        assertThat(document.path("info").path("title").asText()).isNotBlank();
        assertThat(document.path("info").path("version").asText()).isNotBlank();
        assertThat(ROOT).containsAll(names(document));
        for (JsonNode reference : document.findValues("$ref")) {
            String target = reference.asText();
            if (target.startsWith("#")) {
                assertThat(document.at(target.substring(1)).isMissingNode())
                        .as(target)
                        .isFalse();
            } else {
                assertThat(FOLDER.resolve(target)).isRegularFile();
            }
        }
        for (JsonNode operation : document.path("operations")) {
            assertThat(operation.path("action").asText()).isIn("send", "receive");
            assertThat(operation.path("channel").path("$ref").asText()).startsWith("#/channels/");
        }
        assertThat(document.path("operations")).hasSameSizeAs(document.path("channels"));
    }

    /**
     * Beside this, the whole document was held against the official schema by hand: {@code @asyncapi/parser} 3.6.3 with
     * {@code @asyncapi/avro-schema-parser} 3.0.24 finds no error.
     */
    @Test
    void everyObjectHasOnlyPropertiesThatAsyncApiKnows() {
        JsonNode components = document.path("components");
        assertThat(names(components)).isSubsetOf("messages", "messageBindings");
        for (JsonNode channel : document.path("channels")) {
            assertThat(names(channel)).isSubsetOf("address", "description", "messages");
        }
        for (JsonNode operation : document.path("operations")) {
            assertThat(names(operation)).containsExactlyInAnyOrder("action", "channel");
        }
        for (JsonNode message : components.path("messages")) {
            assertThat(names(message)).isSubsetOf("title", "summary", "contentType", "headers", "payload", "bindings");
            // By protocol, or a reference to such an object as a whole
            assertThat(names(message.path("bindings"))).isSubsetOf("$ref");
        }
        for (JsonNode bindings : components.path("messageBindings")) {
            assertThat(names(bindings)).containsExactly("kafka");
            assertThat(names(bindings.path("kafka")))
                    .isSubsetOf(
                            "key",
                            "schemaIdLocation",
                            "schemaIdPayloadEncoding",
                            "schemaLookupStrategy",
                            "bindingVersion");
        }
    }

    @Test
    void theChannelsAreTheFeedsTopicsAndTheirDeadLetterTopics() {
        List<String> topics = new ArrayList<>();
        for (EventFeed feed : EventFeed.values()) {
            topics.add(feed.defaultTopic());
            topics.add(feed.defaultTopic() + DeadLetters.TOPIC_SUFFIX);
            String message = feed.eventType().getSimpleName();
            assertThat(document.path("channels")
                            .path(feed.label())
                            .path("messages")
                            .path(message)
                            .path("$ref")
                            .asText())
                    .isEqualTo("#/components/messages/" + message);
        }
        assertThat(document.path("channels").findValuesAsText("address")).containsExactlyInAnyOrderElementsOf(topics);
    }

    @Test
    void theMessagesAreTheSchemasFieldByField() throws IOException {
        for (EventFeed feed : EventFeed.values()) {
            JsonNode message = document.path("components")
                    .path("messages")
                    .path(feed.eventType().getSimpleName());
            String file = message.path("payload").path("schema").path("$ref").asText();
            Schema documented = new Schema.Parser().parse(Files.readString(FOLDER.resolve(file)));
            Schema ours = new Schema.Parser().parse(EventSchemas.avsc(feed.eventType()));
            assertThat(documented.getFullName()).isEqualTo(feed.eventType().getName());
            assertThat(documented.getFields()).isEqualTo(ours.getFields());
            assertThat(message.path("bindings").path("$ref").asText()).isEqualTo("#/components/messageBindings/event");
        }
    }

    @Test
    void theDeadLettersHeadersAreThoseOfADeadLetter() {
        JsonNode headers = document.at("/components/messages/DeadLetter/headers");
        Set<String> documented = names(headers.path("properties"));
        Set<String> required = new TreeSet<>();
        headers.path("required").forEach(name -> required.add(name.asText()));
        assertThat(required).isEqualTo(documented);
        assertThat(headers.at("/properties/tracker-reason/enum"))
                .extracting(JsonNode::asText)
                .containsExactlyInAnyOrder(Arrays.stream(Outcome.Reason.values())
                        .map(Outcome.Reason::label)
                        .toArray(String[]::new));

        String prefix = RunningWorker.createTopics(1);
        RunningWorker worker = RunningWorker.start(prefix, RealPostgres.freshDatabase());
        try (worker) {
            String topic = worker.topic("insights");
            RealBroker.send(topic, null, new byte[] {7});
            var letters = await().atMost(Duration.ofSeconds(30))
                    .until(() -> RealBroker.readAll(topic + DeadLetters.TOPIC_SUFFIX), found -> !found.isEmpty());
            Set<String> sent = new TreeSet<>();
            for (Header header : letters.get(0).headers()) {
                sent.add(header.key());
                String pattern = headers.path("properties")
                        .path(header.key())
                        .path("pattern")
                        .asText(".*");
                assertThat(new String(header.value(), java.nio.charset.StandardCharsets.UTF_8))
                        .matches(pattern);
            }
            assertThat(sent).isEqualTo(documented);
        }
    }

    private static Set<String> names(JsonNode object) {
        Set<String> names = new TreeSet<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static JsonNode document() {
        try (Reader file = Files.newBufferedReader(FOLDER.resolve("pipeline-tracker.yaml"))) {
            Object tree = new Yaml(new SafeConstructor(new LoaderOptions())).load(file);
            return new ObjectMapper().valueToTree(tree);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}

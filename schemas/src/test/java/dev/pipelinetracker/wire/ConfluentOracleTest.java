package dev.pipelinetracker.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.events.InsightOrigin;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.RunType;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Confluent's own serializer, which none of us wrote, against ours, in both directions. It lies unpacked in {@code
 * target/confluent-oracle} and is there at run time only.
 */
class ConfluentOracleTest {
    private static final String TOPIC = "etl.events";

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);
    private final FakeRegistry registry = new FakeRegistry();
    private final SchemaRegistry client = registry.client();
    private final Serializer<Object> confluentSerializer = confluentSerializer();
    private final Deserializer<Object> confluentDeserializer = confluentDeserializer();

    /** Confluent's code finds our classes by the schema's name, which Avro forbids by default; our own does not. */
    @BeforeAll
    static void trustOurClasses() {
        ClassSecurityValidator.setGlobal(ClassSecurityValidator.composite(
                ClassSecurityValidator.DEFAULT,
                type -> type.getPackageName().equals(PipelineRun.class.getPackageName())));
    }

    @AfterAll
    static void trustThemNoMore() {
        ClassSecurityValidator.setGlobal(ClassSecurityValidator.DEFAULT);
    }

    @AfterEach
    void stop() {
        confluentSerializer.close();
        confluentDeserializer.close();
        registry.close();
    }

    @Test
    void runs_have_the_same_bytes() throws Exception {
        assertSameBytes(PipelineRun.class, Samples.run());
        for (int i = 0; i < 500; i++) {
            assertSameBytes(PipelineRun.class, someRun());
        }
    }

    @Test
    void insights_have_the_same_bytes() throws Exception {
        assertSameBytes(SourceInsight.class, Samples.insight());
        for (int i = 0; i < 500; i++) {
            assertSameBytes(SourceInsight.class, someInsight());
        }
    }

    @Test
    void visualizations_have_the_same_bytes() throws Exception {
        assertSameBytes(Visualization.class, Samples.visualization());
        for (int i = 0; i < 500; i++) {
            assertSameBytes(Visualization.class, someVisualization());
        }
    }

    private <E extends SpecificRecord> void assertSameBytes(Class<E> type, E event) throws Exception {
        byte[] confluents = confluentSerializer.serialize(TOPIC, event);
        int id = ByteBuffer.wrap(confluents, 1, 4).getInt();
        byte[] ours = new EventEncoder<>(type, id).encode(event);
        assertThat(ours).as("seed %d", seed).isEqualTo(confluents);
        assertThat(new EventDecoder<>(type, client).decode(confluents))
                .as("seed %d", seed)
                .isEqualTo(event);
        GenericRecord readByConfluent = (GenericRecord) confluentDeserializer.deserialize(TOPIC, ours);
        assertThat(readByConfluent.get("org_id").toString()).isEqualTo(Samples.ORG.toString());
        assertThat(confluentSerializer.serialize(TOPIC, readByConfluent)).isEqualTo(confluents);
    }

    private PipelineRun someRun() {
        return PipelineRun.newBuilder()
                .setOrgId(Samples.ORG)
                .setPipelineId(new UUID(random.nextLong(), random.nextLong()))
                .setSourceId(text(50))
                .setSourceName(text(255))
                .setStatus(one(RunStatus.values()))
                .setRecordsProcessed(random.nextInt() & Integer.MAX_VALUE)
                .setDurationSeconds(random.nextDouble() * 1e6)
                .setErrorMessage(optional(2_000))
                .setRunType(random.nextBoolean() ? null : one(RunType.values()))
                .setTimestamp(moment())
                .build();
    }

    private SourceInsight someInsight() {
        return SourceInsight.newBuilder()
                .setOrgId(Samples.ORG)
                .setSourceId(text(50))
                .setSourceName(optional(255))
                .setSourceIcon(optional(10))
                .setDataSummary(optional(500))
                .setInsights(IntStream.range(0, random.nextInt(5))
                        .mapToObj(i -> text(200))
                        .toList())
                .setRecordsAnalyzed(random.nextInt() & Integer.MAX_VALUE)
                .setGeneratedFrom(one(InsightOrigin.values()))
                .setGeneratedAt(moment())
                .build();
    }

    private Visualization someVisualization() {
        return Visualization.newBuilder()
                .setOrgId(Samples.ORG)
                .setSourceId(text(50))
                .setChartType(text(50))
                .setChartTitle(optional(255))
                .setXColumn(optional(100))
                .setYColumn(optional(100))
                .setChartConfig("{\"data\":[" + random.nextDouble() + "]}")
                .setGeneratedAt(moment())
                .build();
    }

    private <T> T one(T[] of) {
        return of[random.nextInt(of.length)];
    }

    private Instant moment() {
        return Instant.EPOCH.plus(
                random.nextLong(-62_135_596_800_000_000L, 253_402_300_800_000_000L), ChronoUnit.MICROS);
    }

    private @Nullable String optional(int max) {
        return random.nextInt(4) == 0 ? null : text(max);
    }

    private String text(int max) {
        List<String> characters = List.of("a", "Z", "0", " ", "ß", "字", "😀", "\u0001", "\uFFFD");
        StringBuilder text = new StringBuilder();
        int length = 1 + random.nextInt(max);
        for (int i = 0; i < length; i++) {
            text.append(characters.get(random.nextInt(characters.size())));
        }
        return text.toString();
    }

    private Serializer<Object> confluentSerializer() {
        @SuppressWarnings("unchecked")
        Serializer<Object> serializer = (Serializer<Object>) oracle("KafkaAvroSerializer");
        serializer.configure(settings(), false);
        return serializer;
    }

    private Deserializer<Object> confluentDeserializer() {
        @SuppressWarnings("unchecked")
        Deserializer<Object> deserializer = (Deserializer<Object>) oracle("KafkaAvroDeserializer");
        deserializer.configure(settings(), false);
        return deserializer;
    }

    private Map<String, Object> settings() {
        return Map.of("schema.registry.url", registry.url().toString(), "avro.remove.java.properties", true);
    }

    private static Object oracle(String name) {
        try {
            return Class.forName("io.confluent.kafka.serializers." + name)
                    .getConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("The oracle is not unpacked in target/confluent-oracle", e);
        }
    }
}

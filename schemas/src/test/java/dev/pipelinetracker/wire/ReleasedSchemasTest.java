package dev.pipelinetracker.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every schema ever released is kept as {@code src/test/released/<Name>/v<n>.avsc}, never changed, never removed. To release a
 * changed schema, add a copy of it with the next number.
 */
class ReleasedSchemasTest {
    private static final Path CURRENT = Path.of("src/main/avro");
    private static final Path RELEASED = Path.of("src/test/released");

    static Stream<Path> current() throws IOException {
        return list(CURRENT);
    }

    static Stream<Path> releasedNames() throws IOException {
        return list(RELEASED);
    }

    @ParameterizedTest
    @MethodSource("current")
    void an_old_worker_reads_new_events_and_a_new_worker_reads_old_ones(Path file) throws IOException {
        Schema now = parse(file);
        for (Path release : releasesOf(now)) {
            Schema then = parse(release);
            assertReads(then, now, "an old worker, " + release + ", reads new events");
            assertReads(now, then, "a new worker reads old events, " + release);
        }
    }

    @ParameterizedTest
    @MethodSource("current")
    void the_current_schema_is_its_newest_release(Path file) throws IOException {
        Schema now = parse(file);
        List<Path> releases = releasesOf(now);
        assertThat(parse(releases.get(releases.size() - 1)))
                .as("%s differs from its newest release: add it as the next version", file)
                .isEqualTo(now);
    }

    @ParameterizedTest
    @MethodSource("releasedNames")
    void no_released_schema_is_abandoned(Path directory) {
        assertThat(CURRENT.resolve(directory.getFileName() + ".avsc")).exists();
    }

    @ParameterizedTest
    @MethodSource("current")
    void every_type_and_field_says_what_it_is(Path file) throws IOException {
        assertThat(undocumented(parse(file))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("current")
    void every_rule_is_one_that_can_be_kept(Path file) throws IOException {
        assertThat(EventRules.of(parse(file))).isNotNull();
    }

    @ParameterizedTest
    @MethodSource("current")
    void the_jar_carries_the_file_as_its_author_wrote_it(Path file) throws Exception {
        Schema schema = parse(file);
        Class<?> type = Class.forName(schema.getFullName());
        assertThat(EventSchemas.avsc(type.asSubclass(SpecificRecord.class)))
                .isEqualTo(Files.readString(file))
                .doesNotContain("avro.java.string");
    }

    private static void assertReads(Schema reader, Schema writer, String what) {
        assertThat(SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
                        .getResult()
                        .getIncompatibilities())
                .as(what)
                .isEmpty();
    }

    private static List<Path> releasesOf(Schema schema) throws IOException {
        Path directory = RELEASED.resolve(schema.getName());
        assertThat(directory).as("no release of %s", schema.getName()).isDirectory();
        List<Path> releases = new ArrayList<>(list(directory).toList());
        assertThat(releases)
                .isNotEmpty()
                .allSatisfy(
                        release -> assertThat(release.getFileName().toString()).matches("v\\d+\\.avsc"));
        releases.sort(Comparator.comparingInt(
                release -> Integer.parseInt(release.getFileName().toString().replaceAll("\\D", ""))));
        return releases;
    }

    private static List<String> undocumented(Schema schema) {
        List<String> found = new ArrayList<>();
        switch (schema.getType()) {
            case RECORD -> {
                if (isBlank(schema.getDoc())) {
                    found.add(schema.getFullName());
                }
                for (Schema.Field field : schema.getFields()) {
                    if (isBlank(field.doc())) {
                        found.add(schema.getName() + "." + field.name());
                    }
                    found.addAll(undocumented(field.schema()));
                }
            }
            case ENUM -> {
                if (isBlank(schema.getDoc())) {
                    found.add(schema.getFullName());
                }
            }
            case UNION -> schema.getTypes().forEach(branch -> found.addAll(undocumented(branch)));
            case ARRAY -> found.addAll(undocumented(schema.getElementType()));
            default -> {}
        }
        return found;
    }

    private static boolean isBlank(@Nullable String doc) {
        return doc == null || doc.isBlank();
    }

    private static Schema parse(Path file) throws IOException {
        return new Schema.Parser().parse(Files.readString(file));
    }

    private static Stream<Path> list(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.sorted().toList().stream();
        }
    }
}

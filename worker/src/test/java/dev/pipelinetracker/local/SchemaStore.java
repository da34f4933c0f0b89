package dev.pipelinetracker.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a schema registry remembers, kept in one file. Ids count up from 1, one per distinct schema whatever its subjects.
 * Two texts are the same schema when Avro prints them alike: white space aside, docs and properties included. Safe for use
 * by several threads.
 */
final class SchemaStore {

    /** One schema as one subject knows it. */
    record Version(String subject, int version, int id, String schema) {}

    /** The file's content: schemas by id (the first has id 1), ids by subject and version (the first is version 1). */
    private record Content(
            List<String> schemas,
            Map<String, List<Integer>> subjects,
            CompatibilityLevel globalLevel,
            Map<String, CompatibilityLevel> levels) {

        static Content empty() {
            return new Content(new ArrayList<>(), new TreeMap<>(), CompatibilityLevel.BACKWARD, new TreeMap<>());
        }

        Content copy() {
            Map<String, List<Integer>> ids = new TreeMap<>();
            subjects.forEach((subject, versions) -> ids.put(subject, new ArrayList<>(versions)));
            return new Content(new ArrayList<>(schemas), ids, globalLevel, new TreeMap<>(levels));
        }
    }

    private static final JsonMapper JSON = new JsonMapper();

    private final Path file;
    private Content content;

    /**
     * @param file read if it exists, replaced at each change; its folder must exist
     * @throws IOException if the file cannot be read or isn't a store's
     */
    SchemaStore(Path file) throws IOException {
        this.file = file;
        try {
            this.content = Files.exists(file)
                    ? JSON.readValue(Files.readAllBytes(file), Content.class).copy()
                    : Content.empty();
        } catch (JacksonException e) {
            throw new IOException(file + " does not hold a registry's schemas", e);
        }
    }

    /**
     * Makes a schema the subject's newest version, if none of its versions is that schema already.
     *
     * @return the schema's id
     */
    synchronized int register(String subject, @Nullable String text) throws RegistryRefusal {
        Schema candidate = parse(text);
        String schema = candidate.toString();
        int known = content.schemas().indexOf(schema) + 1;
        List<Integer> versions = content.subjects().getOrDefault(subject, List.of());
        if (known > 0 && versions.contains(known)) {
            return known;
        }
        if (!levelInForce(subject).admits(candidate, schemas(versions))) {
            throw RegistryRefusal.incompatible(subject);
        }
        Content next = content.copy();
        if (known == 0) {
            next.schemas().add(schema);
        }
        int id = known > 0 ? known : next.schemas().size();
        next.subjects().computeIfAbsent(subject, s -> new ArrayList<>()).add(id);
        store(next);
        return id;
    }

    /** The version under which a subject knows a schema. */
    synchronized Version lookup(String subject, @Nullable String text) throws RegistryRefusal {
        List<Integer> versions = versionsOf(subject);
        int index = versions.indexOf(content.schemas().indexOf(parse(text).toString()) + 1);
        if (index < 0) {
            throw RegistryRefusal.schemaNotFound();
        }
        return version(subject, versions, index + 1);
    }

    /** The schema behind an id. */
    synchronized String schema(int id) throws RegistryRefusal {
        if (id < 1 || id > content.schemas().size()) {
            throw RegistryRefusal.schemaNotFound();
        }
        return content.schemas().get(id - 1);
    }

    synchronized List<String> subjects() {
        return List.copyOf(content.subjects().keySet());
    }

    synchronized List<Integer> versions(String subject) throws RegistryRefusal {
        return IntStream.rangeClosed(1, versionsOf(subject).size()).boxed().toList();
    }

    /** @param version a number from 1, or {@code latest} */
    synchronized Version version(String subject, String version) throws RegistryRefusal {
        int number = number(version);
        List<Integer> versions = versionsOf(subject);
        if (number > versions.size()) {
            throw RegistryRefusal.versionNotFound(version);
        }
        return version(subject, versions, number == LATEST ? versions.size() : number);
    }

    /**
     * Whether a schema might follow one version, by the level in force. A subject that does not exist yet has no latest
     * version to be incompatible with.
     */
    synchronized boolean compatible(String subject, String version, @Nullable String text) throws RegistryRefusal {
        Schema candidate = parse(text);
        if (number(version) == LATEST && !content.subjects().containsKey(subject)) {
            return true;
        }
        Schema earlier = new Schema.Parser().parse(version(subject, version).schema());
        return levelInForce(subject).admits(candidate, List.of(earlier));
    }

    synchronized CompatibilityLevel globalLevel() {
        return content.globalLevel();
    }

    synchronized CompatibilityLevel level(String subject) throws RegistryRefusal {
        CompatibilityLevel level = content.levels().get(subject);
        if (level == null) {
            throw RegistryRefusal.levelNotConfigured(subject);
        }
        return level;
    }

    synchronized CompatibilityLevel levelInForce(String subject) {
        return content.levels().getOrDefault(subject, content.globalLevel());
    }

    synchronized void setGlobalLevel(@Nullable String level) throws RegistryRefusal {
        Content next = content.copy();
        store(new Content(next.schemas(), next.subjects(), parseLevel(level), next.levels()));
    }

    synchronized void setLevel(String subject, @Nullable String level) throws RegistryRefusal {
        Content next = content.copy();
        next.levels().put(subject, parseLevel(level));
        store(next);
    }

    private static final int LATEST = -1;

    private static int number(String version) throws RegistryRefusal {
        if (version.equals("latest") || version.equals("-1")) {
            return LATEST;
        }
        try {
            int number = Integer.parseInt(version);
            if (number > 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // refused below, as zero is
        }
        throw RegistryRefusal.invalidVersion(version);
    }

    private static CompatibilityLevel parseLevel(@Nullable String level) throws RegistryRefusal {
        return Arrays.stream(CompatibilityLevel.values())
                .filter(known -> known.name().equals(level))
                .findAny()
                .orElseThrow(() -> RegistryRefusal.invalidLevel(String.valueOf(level)));
    }

    private static Schema parse(@Nullable String text) throws RegistryRefusal {
        if (text == null) {
            throw RegistryRefusal.invalidSchema("none given");
        }
        try {
            return new Schema.Parser().parse(text);
        } catch (AvroRuntimeException e) {
            throw RegistryRefusal.invalidSchema(String.valueOf(e.getMessage()));
        }
    }

    private List<Schema> schemas(List<Integer> ids) {
        return ids.stream()
                .map(id -> new Schema.Parser().parse(content.schemas().get(id - 1)))
                .toList();
    }

    private List<Integer> versionsOf(String subject) throws RegistryRefusal {
        List<Integer> versions = content.subjects().get(subject);
        if (versions == null) {
            throw RegistryRefusal.subjectNotFound(subject);
        }
        return versions;
    }

    private Version version(String subject, List<Integer> versions, int number) {
        int id = versions.get(number - 1);
        return new Version(subject, number, id, content.schemas().get(id - 1));
    }

    /** The file first: an id that was told to anyone must survive. Replaced whole, so that no crash leaves half of it. */
    private void store(Content next) throws RegistryRefusal {
        Path written = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.write(written, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(next));
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw RegistryRefusal.storeFailed(e.getClass().getSimpleName());
        }
        content = next;
    }
}

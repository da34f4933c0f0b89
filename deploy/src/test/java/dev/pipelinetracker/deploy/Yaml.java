package dev.pipelinetracker.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** A node of a YAML file: maps, lists and scalars, by their path. */
record Yaml(@Nullable Object node) {

    static Yaml read(Path file) {
        try {
            return parse(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Yaml parse(String text) {
        LoaderOptions strict = new LoaderOptions();
        strict.setAllowDuplicateKeys(false);
        return new Yaml(new org.yaml.snakeyaml.Yaml(new SafeConstructor(strict)).load(text));
    }

    /** The value there; fails where there is none. */
    Yaml at(String... path) {
        Object found = node;
        for (String key : path) {
            found = Objects.requireNonNull(
                    found instanceof Map<?, ?> map ? map.get(key) : null, () -> String.join(".", path));
        }
        return new Yaml(found);
    }

    /** Whether this map has that key. */
    boolean has(String key) {
        return node instanceof Map<?, ?> map && map.containsKey(key);
    }

    /** This list's items. */
    List<Yaml> items() {
        return ((List<?>) Objects.requireNonNull(node)).stream().map(Yaml::new).toList();
    }

    /** This map's keys. */
    List<String> keys() {
        return ((Map<?, ?>) Objects.requireNonNull(node))
                .keySet().stream().map(String::valueOf).toList();
    }

    /** This scalar as text. */
    String text() {
        return String.valueOf(node);
    }
}

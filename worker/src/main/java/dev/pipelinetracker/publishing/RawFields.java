package dev.pipelinetracker.publishing;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.pipelinetracker.wire.InvalidEventException;
import dev.pipelinetracker.wire.StrictJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Takes a JSON object apart: its fields' values as the very text that was written, {@code 100.0} and not {@code 100}. */
final class RawFields {
    /** Beyond any rule, so that a rule can refuse what is below; it keeps a line of nothing but brackets out of memory. */
    private static final int MAX_DEPTH = 10_000;

    private static final JsonFactory JSON = StrictJson.nestingAtMost(MAX_DEPTH);

    private RawFields() {}

    /**
     * By name, in the text's order. All of the text has been found to be JSON then.
     *
     * @throws InvalidEventException if the text is not one JSON object with distinct names; never quotes it
     */
    static Map<String, String> of(String text) throws InvalidEventException {
        Map<String, String> fields = new LinkedHashMap<>();
        String field = "event";
        // From an array, so that places are indexes into the text.
        try (JsonParser json = JSON.createParser(text.toCharArray())) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                json.skipChildren();
                requireEnd(json);
                throw new InvalidEventException("event", "must be a JSON object");
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                field = EventJson.printable(name);
                json.nextToken();
                int start = (int) json.currentTokenLocation().getCharOffset();
                json.skipChildren();
                json.finishToken();
                fields.put(
                        name, text.substring(start, (int) json.currentLocation().getCharOffset()));
                field = "event";
            }
            requireEnd(json);
            return fields;
        } catch (StreamConstraintsException e) {
            throw new InvalidEventException(field, "must not nest deeper than " + MAX_DEPTH + " levels");
        } catch (JsonProcessingException e) {
            throw notJson(e);
        } catch (IOException e) {
            throw new UncheckedIOException("Text in memory cannot fail to be read", e);
        }
    }

    private static void requireEnd(JsonParser json) throws IOException, InvalidEventException {
        if (json.nextToken() != null) {
            throw new InvalidEventException(
                    "event",
                    "must be valid JSON without duplicate names (column "
                            + json.currentTokenLocation().getColumnNr() + ")");
        }
    }

    /** Jackson's message quotes what it does not understand. */
    private static InvalidEventException notJson(JsonProcessingException e) {
        String place =
                e.getLocation() == null ? "" : " (column " + e.getLocation().getColumnNr() + ")";
        return new InvalidEventException("event", "must be valid JSON without duplicate names" + place);
    }
}

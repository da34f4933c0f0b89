package dev.pipelinetracker.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Text that is exactly one JSON object (RFC 8259) which PostgreSQL's {@code jsonb} stores without losing anything: names are
 * distinct within an object ({@code jsonb} would keep the last one only), no string or name has NUL or half of a surrogate
 * pair, also not as an escape, every number fits {@code numeric}, and nothing nests deeper than {@value #MAX_DEPTH} levels.
 */
final class JsonObjectRule implements ValueRule {
    /** Well within PostgreSQL's stack ({@code max_stack_depth}, 2 MB by default) and that of the usual JSON libraries. */
    static final int MAX_DEPTH = 500;

    private static final String ONE_OBJECT = "must be one JSON object (RFC 8259) with distinct names";

    private static final JsonFactory JSON = StrictJson.nestingAtMost(MAX_DEPTH);

    private final TextRule textRule;

    /** @param textRule the rule that the text as such must keep */
    JsonObjectRule(TextRule textRule) {
        this.textRule = textRule;
    }

    @Override
    public void check(String field, Object value) throws InvalidEventException {
        textRule.check(field, value);
        String text = value.toString();
        try (JsonParser json = JSON.createParser(text)) {
            check(field, json, text.contains("\\u"));
        } catch (StreamConstraintsException e) {
            throw new InvalidEventException(field, "must not nest deeper than " + MAX_DEPTH + " levels");
        } catch (JsonProcessingException e) {
            throw new InvalidEventException(field, ONE_OBJECT);
        } catch (IOException e) {
            throw new UncheckedIOException("A string cannot fail to be read", e);
        }
    }

    /** @param hasEscapes whether a string may hold what the text as such does not */
    private static void check(String field, JsonParser json, boolean hasEscapes)
            throws IOException, InvalidEventException {
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw new InvalidEventException(field, ONE_OBJECT);
        }
        int depth = 1;
        while (depth > 0) {
            switch (json.nextToken()) {
                case START_OBJECT, START_ARRAY -> depth++;
                case END_OBJECT, END_ARRAY -> depth--;
                case FIELD_NAME, VALUE_STRING -> {
                    if (hasEscapes) {
                        checkString(field, json);
                    }
                }
                case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                    if (!Numeric.fits(json.getTextCharacters(), json.getTextOffset(), json.getTextLength())) {
                        throw new InvalidEventException(
                                field,
                                "must have numbers of at most " + Numeric.MAX_INTEGER_DIGITS + " digits before and "
                                        + Numeric.MAX_SCALE + " after the decimal point");
                    }
                }
                default -> {}
            }
        }
        if (json.nextToken() != null) {
            throw new InvalidEventException(field, ONE_OBJECT);
        }
    }

    private static void checkString(String field, JsonParser json) throws IOException, InvalidEventException {
        char[] chars = json.getTextCharacters();
        int end = json.getTextOffset() + json.getTextLength();
        for (int i = json.getTextOffset(); i < end; i++) {
            if (chars[i] == 0) {
                throw new InvalidEventException(field, "must not contain NUL (\\u0000)");
            }
            if (Character.isSurrogate(chars[i])) {
                boolean pair =
                        Character.isHighSurrogate(chars[i]) && i + 1 < end && Character.isLowSurrogate(chars[i + 1]);
                if (!pair) {
                    throw new InvalidEventException(field, "must not contain half of a surrogate pair");
                }
                i++;
            }
        }
    }
}

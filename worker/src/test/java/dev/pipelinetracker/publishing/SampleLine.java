package dev.pipelinetracker.publishing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pipelinetracker.publish.EventFeed;
import java.util.UUID;

/** A feed's sample event as a line of JSON, and that line changed in one place. */
final class SampleLine {

    static final UUID ORGANIZATION = UUID.fromString("11111111-1111-4111-8111-111111111111");

    private static final ObjectMapper JSON = new ObjectMapper();

    private SampleLine() {}

    static String of(EventFeed feed) {
        return SampleEvents.of(feed, ORGANIZATION);
    }

    /** With that JSON as the field's value. */
    static String with(String event, String field, String json) {
        String others = without(event, field);
        return others.substring(0, others.length() - 1) + ", \"" + field + "\": " + json + "}";
    }

    static String without(String event, String field) {
        try {
            ObjectNode tree = (ObjectNode) JSON.readTree(event);
            tree.remove(field);
            return tree.toString();
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}

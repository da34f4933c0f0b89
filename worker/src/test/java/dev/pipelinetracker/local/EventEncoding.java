package dev.pipelinetracker.local;

import dev.pipelinetracker.wire.EventEncoder;
import dev.pipelinetracker.wire.EventSchemas;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.specific.SpecificRecord;

/** Turns events into records of their topics, their schemas registered. */
final class EventEncoding {

    private record Target(String topic, EventEncoder<SpecificRecord> encoder) {}

    private final Map<Class<?>, Target> targets = new HashMap<>();

    /** Registers each feed's schema, or finds it registered. */
    EventEncoding(SchemaRegistry registry) {
        for (DemoFeed feed : DemoFeed.values()) {
            int id = registry.register(feed.topic() + "-value", EventSchemas.avsc(feed.eventType()));
            @SuppressWarnings("unchecked") // looked up by an event's own class only
            Class<SpecificRecord> type = (Class<SpecificRecord>) feed.eventType();
            targets.put(type, new Target(feed.topic(), new EventEncoder<>(type, id)));
        }
    }

    /** @param key the organization that the record says it is of */
    OutgoingRecord record(UUID key, SpecificRecord event) {
        return record(key, event.getClass(), target(event.getClass()).encoder().encode(event));
    }

    /** @param value what goes to the topic of that type of event, whatever it is */
    OutgoingRecord record(UUID key, Class<? extends SpecificRecord> type, byte[] value) {
        return new OutgoingRecord(target(type).topic(), key.toString().getBytes(StandardCharsets.UTF_8), value);
    }

    private Target target(Class<?> type) {
        Target target = targets.get(type);
        if (target == null) {
            throw new IllegalArgumentException("No feed takes " + type.getName());
        }
        return target;
    }
}

package dev.pipelinetracker.faults;

import dev.pipelinetracker.support.Events;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.wire.EventEncoder;
import dev.pipelinetracker.wire.EventSchemas;
import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;

/** Events as publishers send them; the encoders are kept, because a million events are published. */
final class Wire {

    private static final Map<Class<?>, EventEncoder<?>> ENCODERS = new ConcurrentHashMap<>();
    private static final AtomicInteger RENEWALS = new AtomicInteger();

    private Wire() {}

    static byte[] key(UUID organization) {
        return Events.key(organization);
    }

    /** The event in Confluent's wire format, its schema registered with the tests' registry. */
    static byte[] bytes(SpecificRecord event) {
        return encode(event.getClass(), event);
    }

    /** Events of that type have from now on a schema id that no worker has seen: the same schema with another property. */
    static <E extends SpecificRecord> void renewSchema(Class<E> type) {
        Schema schema = new Schema.Parser().parse(EventSchemas.avsc(type));
        schema.addProp("renewed", RENEWALS.incrementAndGet());
        ENCODERS.put(type, encoder(type, schema.toString()));
    }

    /** One after the other. */
    static byte[] join(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
    }

    @SuppressWarnings("unchecked")
    private static <E extends SpecificRecord> byte[] encode(Class<E> type, SpecificRecord event) {
        EventEncoder<E> encoder =
                (EventEncoder<E>) ENCODERS.computeIfAbsent(type, ignored -> encoder(type, EventSchemas.avsc(type)));
        return encoder.encode((E) event);
    }

    private static <E extends SpecificRecord> EventEncoder<E> encoder(Class<E> type, String avsc) {
        int id = new SchemaRegistry(RegistrySettings.at(URI.create(RealRegistry.url())))
                .register("test-" + type.getSimpleName(), avsc);
        return new EventEncoder<>(type, id);
    }
}

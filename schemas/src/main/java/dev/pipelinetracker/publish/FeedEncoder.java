package dev.pipelinetracker.publish;

import dev.pipelinetracker.wire.EventEncoder;
import dev.pipelinetracker.wire.EventRules;
import dev.pipelinetracker.wire.EventSchemas;
import dev.pipelinetracker.wire.InvalidEventException;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * Makes records of one feed's events: checked and encoded on the job's thread, so that what the job does to the event
 * afterwards changes nothing; the schema's id, which may have to be waited for, comes later.
 */
final class FeedEncoder<E extends SpecificRecord> {
    private static final int ID_OFFSET = 1;

    private final Class<E> type;
    private final String topic;
    private final EventFeed feed;
    private final @Nullable SchemaRegistry registry;
    private final boolean forOwnSerializer;
    private final EventEncoder<E> encoder;
    private final EventRules rules;
    private final int orgId;
    private volatile int schemaId;

    private FeedEncoder(EventFeed feed, Class<E> type, PublisherSettings settings) {
        Schema schema = new Schema.Parser().parse(EventSchemas.avsc(type));
        this.feed = feed;
        this.type = type;
        this.topic = settings.topic(feed);
        this.registry = settings.registry();
        this.forOwnSerializer = settings.hasOwnSerializer();
        this.encoder = new EventEncoder<>(type, 0);
        this.rules = EventRules.of(schema);
        this.orgId = schema.getField("org_id").pos();
    }

    static FeedEncoder<?> of(EventFeed feed, PublisherSettings settings) {
        return new FeedEncoder<>(feed, feed.eventType(), settings);
    }

    /** An event that is ready to leave; its value without its schema's id. */
    Envelope encode(SpecificRecord event) throws InvalidEventException {
        E ours = type.cast(event);
        rules.check(ours);
        byte[] key = ours.get(orgId).toString().getBytes(StandardCharsets.UTF_8);
        byte[] value = encoder.encode(ours);
        return new Envelope(feed, topic, key, value, forOwnSerializer ? copy(ours) : null, this);
    }

    /**
     * The value with its schema's id, which is asked for once.
     *
     * @throws RuntimeException the registry's, see {@link SchemaRegistry#register}
     */
    byte[] identified(byte[] value) {
        ByteBuffer.wrap(value).putInt(ID_OFFSET, schemaId());
        return value;
    }

    /** Looked up first: a job need not be allowed to register what is registered. 0 if a serializer of its own is used. */
    int schemaId() {
        if (registry == null || forOwnSerializer) {
            return 0;
        }
        // An id is never 0: no registry gives that.
        if (schemaId == 0) {
            String subject = EventFeed.subject(topic);
            String avsc = EventSchemas.avsc(type);
            OptionalInt known = registry.lookup(subject, avsc);
            schemaId = known.isPresent() ? known.getAsInt() : registry.register(subject, avsc);
        }
        return schemaId;
    }

    private E copy(E event) {
        return SpecificData.get().deepCopy(event.getSchema(), event);
    }
}

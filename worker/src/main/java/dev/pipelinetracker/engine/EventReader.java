package dev.pipelinetracker.engine;

import dev.pipelinetracker.engine.Outcome.Reason;
import dev.pipelinetracker.engine.Outcome.Rejected;
import dev.pipelinetracker.engine.WorldFault.Cause;
import dev.pipelinetracker.wire.EventDecoder;
import dev.pipelinetracker.wire.EventRules;
import dev.pipelinetracker.wire.InvalidEventException;
import dev.pipelinetracker.wire.RegistryUnavailableException;
import dev.pipelinetracker.wire.SchemaRegistry;
import dev.pipelinetracker.wire.UnreadableEventException;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Bytes to a checked event, or a rejection. Safe for several threads. */
final class EventReader<E extends SpecificRecord> {

    /** Exactly one of the two. */
    record Reading<E>(@Nullable E event, @Nullable Rejected rejected) {}

    private final EventDecoder<E> decoder;
    private final EventRules rules;
    private final int orgIdField;

    /** Throws IllegalArgumentException if the event has no {@code org_id}. */
    EventReader(Class<E> eventType, SchemaRegistry registry) {
        Schema schema = SpecificData.get().getSchema(eventType);
        Schema.Field orgId = schema.getField("org_id");
        if (orgId == null) {
            throw new IllegalArgumentException(schema.getFullName() + " has no field org_id");
        }
        this.decoder = new EventDecoder<>(eventType, registry);
        this.rules = EventRules.of(schema);
        this.orgIdField = orgId.pos();
    }

    /** Throws WorldFault while a schema that is not cached cannot be fetched: then nothing can be said of the record. */
    Reading<E> read(ConsumerRecord<byte[], byte[]> consumed) {
        try {
            E event = decoder.decode(consumed.value());
            String mismatch = RecordKey.mismatch(consumed.key(), (UUID) event.get(orgIdField));
            if (mismatch != null) {
                return rejected(Reason.KEY_MISMATCH, mismatch);
            }
            rules.check(event);
            return new Reading<>(event, null);
        } catch (UnreadableEventException e) {
            return rejected(Reason.UNREADABLE, String.valueOf(e.getMessage()));
        } catch (InvalidEventException e) {
            return rejected(Reason.INVALID, String.valueOf(e.getMessage()));
        } catch (RegistryUnavailableException e) {
            throw new WorldFault(Cause.REGISTRY, String.valueOf(e.getMessage()), e);
        }
    }

    /** Whether that record can be read without asking anybody for its schema. */
    boolean isSchemaKnown(ConsumerRecord<byte[], byte[]> consumed) {
        return decoder.isSchemaKnown(consumed.value());
    }

    private static <E> Reading<E> rejected(Reason reason, String detail) {
        return new Reading<>(null, new Rejected(reason, detail));
    }
}

package dev.pipelinetracker.replay;

import dev.pipelinetracker.engine.WorldFault;
import dev.pipelinetracker.engine.WorldFault.Cause;
import dev.pipelinetracker.wire.EventDecoder;
import dev.pipelinetracker.wire.RegistryUnavailableException;
import dev.pipelinetracker.wire.SchemaRegistry;
import dev.pipelinetracker.wire.UnreadableEventException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Which records of a range are wanted: by the record's own timestamp, since timestamps do not ascend with offsets; by
 * organization, which is the record's key; by source, which the event must be decoded for. What has no such key, or
 * cannot be decoded, is of no organization or source.
 */
final class RecordFilter {

    private final @Nullable Instant from;
    private final @Nullable Instant to;
    private final Set<String> organizations;
    private final Set<String> sources;
    private final @Nullable EventDecoder<?> decoder;
    private final int sourceIdField;

    RecordFilter(Selection selection, Class<? extends SpecificRecord> eventType, SchemaRegistry registry) {
        this.from = selection.from();
        this.to = selection.to();
        this.organizations =
                selection.organizations().stream().map(id -> id.toString()).collect(Collectors.toSet());
        this.sources = Set.copyOf(selection.sources());
        if (sources.isEmpty()) {
            this.decoder = null;
            this.sourceIdField = -1;
        } else {
            Schema.Field sourceId = SpecificData.get().getSchema(eventType).getField("source_id");
            if (sourceId == null) {
                throw new RefusedException("events of this feed have no source_id. Leave --source out.");
            }
            this.decoder = new EventDecoder<>(eventType, registry);
            this.sourceIdField = sourceId.pos();
        }
    }

    /** Throws WorldFault while the source cannot be known, because a schema cannot be fetched. */
    boolean accepts(ConsumerRecord<byte[], byte[]> polled) {
        Instant time = Instant.ofEpochMilli(polled.timestamp());
        return (from == null || !time.isBefore(from))
                && (to == null || time.isBefore(to))
                && (organizations.isEmpty() || isOfOrganization(polled))
                && (decoder == null || isOfSource(polled, decoder));
    }

    private boolean isOfOrganization(ConsumerRecord<byte[], byte[]> polled) {
        byte[] key = polled.key();
        return key != null
                && organizations.contains(new String(key, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT));
    }

    private boolean isOfSource(ConsumerRecord<byte[], byte[]> polled, EventDecoder<?> events) {
        try {
            return sources.contains(String.valueOf(events.decode(polled.value()).get(sourceIdField)));
        } catch (UnreadableEventException e) {
            return false;
        } catch (RegistryUnavailableException e) {
            throw new WorldFault(Cause.REGISTRY, String.valueOf(e.getMessage()), e);
        }
    }
}

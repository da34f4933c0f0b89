package dev.pipelinetracker.publishing;

import dev.pipelinetracker.publish.EventFeed;
import dev.pipelinetracker.wire.EventSchemas;
import dev.pipelinetracker.wire.SchemaRefusedException;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;

/**
 * The feeds' subjects in a registry.
 *
 * <p>Their level is {@code FULL_TRANSITIVE}. Full: while workers are upgraded one by one, the old ones read the new events
 * (forward) and the new ones the old events (backward). Transitive: topics keep events of every version, a replay reads them
 * all, and a worker may be upgraded over several versions at once.
 */
public final class Subjects {
    /** The level under which every worker reads every event. */
    public static final String LEVEL = "FULL_TRANSITIVE";

    private final SchemaRegistry registry;

    /** Those of that registry. */
    public Subjects(SchemaRegistry registry) {
        this.registry = registry;
    }

    /**
     * Makes the feed's schema a version of the topic's subject and sets the subject's level; changes nothing where it is so
     * already.
     *
     * @return what was done, a line for people
     * @throws SchemaRefusedException if the schema is not compatible with a version before it
     * @throws dev.pipelinetracker.wire.RegistryUnavailableException if the registry gives no usable answer
     */
    public String register(EventFeed feed, String topic) {
        String subject = EventFeed.subject(topic);
        String avsc = EventSchemas.avsc(feed.eventType());
        boolean isNew = registry.versions(subject).isEmpty();
        OptionalInt known = isNew ? OptionalInt.empty() : registry.lookup(subject, avsc);
        if (known.isPresent() && hasLevel(subject)) {
            return subject + ": unchanged, id " + known.getAsInt() + ", " + LEVEL;
        }
        // The level first, so that it judges the new version, too; but a registry may refuse one for an absent subject.
        if (!isNew) {
            registry.setLevel(subject, LEVEL);
        }
        int id = known.isPresent() ? known.getAsInt() : registry.register(subject, avsc);
        if (isNew) {
            registry.setLevel(subject, LEVEL);
        }
        return subject + ": " + (known.isPresent() ? "level set" : "registered") + ", id " + id + ", " + LEVEL;
    }

    /**
     * What is wrong with the topic's subject: whether every version in it can be read by our worker, and its readers can read
     * our events; whether ours is there, and the level protects it.
     *
     * @return faults, lines for people; empty if all is well
     * @throws dev.pipelinetracker.wire.RegistryUnavailableException if the registry gives no usable answer
     */
    public List<String> faults(EventFeed feed, String topic) {
        String subject = EventFeed.subject(topic);
        String avsc = EventSchemas.avsc(feed.eventType());
        SortedMap<Integer, String> versions = registry.versions(subject);
        if (versions.isEmpty()) {
            return List.of(subject + ": not registered; schemas register does it");
        }
        List<String> faults = new ArrayList<>(faults(subject, new Schema.Parser().parse(avsc), versions));
        if (registry.lookup(subject, avsc).isEmpty()) {
            faults.add(subject + ": our schema is none of its versions; schemas register adds it");
        }
        if (!hasLevel(subject)) {
            faults.add(subject + ": its level is not " + LEVEL + "; schemas register sets it");
        }
        return faults;
    }

    /**
     * What would be wrong with a changed schema of the feed beside the versions that the topic's subject has.
     *
     * @return faults, lines for people; empty if all is well
     * @throws dev.pipelinetracker.wire.RegistryUnavailableException if the registry gives no usable answer
     */
    public List<String> faults(Schema changed, String topic) {
        String subject = EventFeed.subject(topic);
        return faults(subject, changed, registry.versions(subject));
    }

    /** What would be wrong with a changed schema beside the one in this jar: compatibility both ways, and its rules. */
    public static List<String> faultsBesideOurs(EventFeed feed, Schema changed) {
        Schema ours = new Schema.Parser().parse(EventSchemas.avsc(feed.eventType()));
        List<String> faults = new ArrayList<>(SchemaChange.faults(ours, changed));
        faults.addAll(SchemaChange.ruleFaults(changed));
        return faults;
    }

    private boolean hasLevel(String subject) {
        return registry.level(subject).filter(LEVEL::equals).isPresent();
    }

    private static List<String> faults(String subject, Schema ours, Map<Integer, String> versions) {
        List<String> faults = new ArrayList<>();
        versions.forEach((number, text) -> {
            String name = subject + " version " + number + ": ";
            try {
                SchemaChange.faults(ours, new Schema.Parser().parse(text)).forEach(fault -> faults.add(name + fault));
            } catch (SchemaParseException e) {
                faults.add(name + "not an Avro schema that stands alone");
            }
        });
        return faults;
    }
}

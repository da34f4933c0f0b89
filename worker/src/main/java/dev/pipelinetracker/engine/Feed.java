package dev.pipelinetracker.engine;

import java.util.Comparator;
import org.apache.avro.specific.SpecificRecord;

/**
 * One kind of event: one Avro record, one topic, one table. Implement it in a package of its own as a Spring component,
 * and it is consumed, stored, measured and replayable. What each field may hold stands in the event's {@code .avsc}
 * ({@link dev.pipelinetracker.wire.EventRules}) and is checked before any method here sees an event.
 *
 * @param <E> the event, a generated Avro class with a field {@code org_id} of type UUID
 * @param <K> what identifies a row; equal exactly when PostgreSQL's unique index says so, ordered in any way that is the
 *     same in every worker: rows are locked in this order, so a different order elsewhere would deadlock
 */
public interface Feed<E extends SpecificRecord, K extends Comparable<? super K>> {

    /** Config key, metric tag and consumer group suffix. Never renamed: a renamed group starts over. */
    String name();

    /** The generated class, whose schema writers' schemas are resolved to. */
    Class<E> eventType();

    /** The identity of the row that the event is about. */
    K key(E event);

    /**
     * Orders the events of one key: the greater one is newer and wins. Equal means that neither changes the other's row.
     * Must agree with the condition in {@link #upsert()}'s SQL.
     */
    Comparator<E> versionOrder();

    /** The statement that stores events, and how it is bound. */
    Upsert<E, K> upsert();

    /**
     * Called after commit, once per row that the event inserted or updated, for the feed's own meters. A second delivery
     * changes no row and is not told. Must not throw.
     */
    default void changed(E event) {}
}

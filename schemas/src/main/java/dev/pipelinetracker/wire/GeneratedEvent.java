package dev.pipelinetracker.wire;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;

/** The class that Avro generated for an event type: makes empty events, and knows the classes of its enums. Immutable. */
public final class GeneratedEvent<E extends SpecificRecord> {
    private final Class<E> type;
    private final Constructor<E> constructor;

    /** @throws IllegalArgumentException if the class is not one that Avro generated */
    public GeneratedEvent(Class<E> type) {
        this.type = type;
        try {
            this.constructor = type.getDeclaredConstructor();
        } catch (NoSuchMethodException e) {
            throw new IllegalArgumentException(type.getName() + " is not a class that Avro generated", e);
        }
    }

    /** An event without any field set. */
    public E empty() {
        try {
            return constructor.newInstance();
        } catch (InstantiationException | IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("Cannot make a " + type.getName(), e);
        }
    }

    /**
     * An enum's constants, in the order of its symbols.
     *
     * @throws IllegalArgumentException if no class was generated for it
     */
    public Object[] constants(Schema enumeration) {
        try {
            return Class.forName(enumeration.getFullName(), true, type.getClassLoader())
                    .getEnumConstants();
        } catch (ClassNotFoundException e) {
            throw new IllegalArgumentException("No class was generated for " + enumeration.getFullName(), e);
        }
    }
}

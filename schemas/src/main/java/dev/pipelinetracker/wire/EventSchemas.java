package dev.pipelinetracker.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.apache.avro.specific.SpecificRecord;

/** The {@code .avsc} files that travel in this jar, one per event type. */
public final class EventSchemas {

    // here, too: whoever publishes may use Avro before anything is decoded
    static {
        AvroLimits.set();
    }

    private EventSchemas() {}

    /**
     * The text to register for an event type, as its author wrote it. Not the generated {@code SCHEMA$}: that one carries
     * {@code avro.java.string}, which is nobody else's business and would register as a second version.
     *
     * @param type a generated event class
     * @return the schema's JSON text
     * @throws IllegalArgumentException if no {@code .avsc} of the class's name lies beside the class
     */
    public static String avsc(Class<? extends SpecificRecord> type) {
        String name = type.getSimpleName() + ".avsc";
        try (InputStream file = type.getResourceAsStream(name)) {
            if (file == null) {
                throw new IllegalArgumentException("No " + name + " beside " + type.getName());
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + name + " beside " + type.getName(), e);
        }
    }
}

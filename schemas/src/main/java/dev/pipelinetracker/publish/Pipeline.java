package dev.pipelinetracker.publish;

import dev.pipelinetracker.events.RunType;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What runs: one organization's pipeline over one data source.
 *
 * @param orgId the organization, a row of {@code organizations}
 * @param sourceId identifier of the data source, 1 to 50 characters
 * @param sourceName its display name, 1 to 255 characters
 * @param runType kind of run; null if unknown
 */
public record Pipeline(
        UUID orgId,
        String sourceId,
        String sourceName,
        @Nullable RunType runType) {

    /** @throws NullPointerException if one that must be there is not: a mistake, told before the run */
    public Pipeline {
        Objects.requireNonNull(orgId, "orgId");
        Objects.requireNonNull(sourceId, "sourceId");
        Objects.requireNonNull(sourceName, "sourceName");
    }
}

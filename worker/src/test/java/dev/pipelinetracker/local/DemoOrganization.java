package dev.pipelinetracker.local;

import java.util.List;
import java.util.UUID;

/**
 * A tenant that exists in the local mode only.
 *
 * @param id the same in every run, so that commands can be copied
 * @param slug unique among organizations
 * @param industry one of the values that the schema's document lists
 */
record DemoOrganization(UUID id, String name, String slug, String industry, List<DemoSource> sources) {

    DemoOrganization {
        sources = List.copyOf(sources);
    }
}

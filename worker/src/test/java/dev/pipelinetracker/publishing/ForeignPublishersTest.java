package dev.pipelinetracker.publishing;

import dev.pipelinetracker.support.RealRegistry;
import java.net.URI;

/** By way of the small registry of the local mode. */
class ForeignPublishersTest extends ForeignPublishersContract {

    @Override
    URI registry() {
        return URI.create(RealRegistry.url());
    }
}

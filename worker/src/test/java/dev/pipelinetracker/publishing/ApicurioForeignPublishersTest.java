package dev.pipelinetracker.publishing;

import java.net.URI;
import org.junit.jupiter.api.BeforeAll;

/** By way of {@link Apicurio}. */
class ApicurioForeignPublishersTest extends ForeignPublishersContract {

    @BeforeAll
    static void assumeThere() {
        Apicurio.assumeThere();
    }

    @Override
    URI registry() {
        return Apicurio.url();
    }
}

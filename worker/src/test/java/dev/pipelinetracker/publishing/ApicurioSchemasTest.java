package dev.pipelinetracker.publishing;

import java.net.URI;
import org.junit.jupiter.api.BeforeAll;

/** On {@link Apicurio}. */
class ApicurioSchemasTest extends SchemasCommandContract {

    @BeforeAll
    static void assumeThere() {
        Apicurio.assumeThere();
    }

    @Override
    URI url() {
        return Apicurio.url();
    }
}

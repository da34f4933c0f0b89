package dev.pipelinetracker.listen;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;

class AdminSettingsTest {

    @Test
    void settingsOfPluggedInClassesStayAndWhatOnlyConsumersKnowGoes() {
        Map<String, Object> consumers = Map.of(
                "bootstrap.servers", "127.0.0.1:1",
                "security.protocol", "PLAINTEXT",
                "group.id", "pipeline-tracker.insights",
                "value.deserializer", ByteArrayDeserializer.class,
                // what Spring Boot puts there for spring.kafka.ssl.bundle, as an object
                "org.springframework.boot.ssl.SslBundle", new Object(),
                "config.providers.file.class", "org.apache.kafka.common.config.provider.FileConfigProvider",
                // below request.timeout.ms, which an admin client refuses
                "default.api.timeout.ms", "10000");

        Map<String, Object> admin = Listening.adminSettings(consumers);

        assertThat(admin)
                .containsOnlyKeys(
                        "bootstrap.servers",
                        "security.protocol",
                        "org.springframework.boot.ssl.SslBundle",
                        "config.providers.file.class");
        Admin.create(admin).close();
    }
}

package dev.pipelinetracker;

import dev.pipelinetracker.wire.RegistrySettings;
import dev.pipelinetracker.wire.SchemaRegistry;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The schema registry, as {@code tracker.registry.*} tells. */
@Configuration(proxyBeanMethods = false)
class RegistryConfiguration {

    /**
     * @param url base URL of a registry that speaks Confluent's REST protocol
     * @param username for HTTP basic authentication, with {@code password}
     * @param token for bearer authentication, instead of the two
     * @param sslBundle name of a Spring SSL bundle ({@code spring.ssl.bundle.*}) for https
     */
    @ConfigurationProperties("tracker.registry")
    record Properties(
            @Nullable URI url,
            @Nullable String username,
            @Nullable String password,
            @Nullable String token,
            @Nullable String sslBundle) {

        @Override
        public String toString() {
            return "tracker.registry[" + url + "]";
        }
    }

    @Bean
    SchemaRegistry schemaRegistry(Properties properties, SslBundles bundles) {
        URI url = properties.url();
        if (url == null) {
            throw new IllegalArgumentException("tracker.registry.url is not set: the URL of the schema registry");
        }
        RegistrySettings settings = RegistrySettings.at(url);
        String token = properties.token();
        String username = properties.username();
        if (token != null) {
            settings = settings.withBearerToken(token);
        } else if (username != null) {
            String password = properties.password();
            settings = settings.withBasicAuth(username, password == null ? "" : password);
        }
        String sslBundle = properties.sslBundle();
        if (sslBundle != null) {
            settings = settings.withTls(bundles.getBundle(sslBundle).createSslContext());
        }
        return new SchemaRegistry(settings);
    }
}

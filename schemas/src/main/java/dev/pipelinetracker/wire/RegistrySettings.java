package dev.pipelinetracker.wire;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Where a schema registry is and how to talk to it.
 *
 * @param url base URL, with or without a path: {@code http://host:8081}, {@code https://host/apis/ccompat/v7}
 * @param connectTimeout bound of the time to connect
 * @param requestTimeout bound of the time from the request to the end of the answer
 * @param authorization value of the {@code Authorization} header; null for none. A secret: {@link #toString} hides it.
 * @param tls what to trust and what to show for {@code https}; null for Java's defaults
 */
public record RegistrySettings(
        URI url,
        Duration connectTimeout,
        Duration requestTimeout,
        @Nullable String authorization,
        @Nullable SSLContext tls) {

    /** @throws IllegalArgumentException if the URL is not http or https, or carries credentials; if no header can hold the token */
    public RegistrySettings {
        if (!"http".equalsIgnoreCase(url.getScheme()) && !"https".equalsIgnoreCase(url.getScheme())) {
            throw new IllegalArgumentException("The registry's URL must start with http:// or https://");
        }
        if (url.getHost() == null || url.getRawQuery() != null || url.getRawFragment() != null) {
            throw new IllegalArgumentException("The registry's URL must be a host and a path");
        }
        if (url.getRawUserInfo() != null) {
            throw new IllegalArgumentException(
                    "The registry's URL must not carry credentials; give them as user and password");
        }
        // Java's client would refuse it, too, but quote it.
        if (authorization != null && !authorization.chars().allMatch(c -> c >= ' ' && c <= '~')) {
            throw new IllegalArgumentException(
                    "The registry's token must be printable ASCII: no line break at its end, for one");
        }
    }

    /** A registry with no credentials, 2 s to connect, 5 s for an answer, Java's own trust. */
    public static RegistrySettings at(URI url) {
        return new RegistrySettings(url, Duration.ofSeconds(2), Duration.ofSeconds(5), null, null);
    }

    /** The same with HTTP basic authentication (RFC 7617, UTF-8). */
    public RegistrySettings withBasicAuth(String user, String password) {
        String credentials =
                Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
        return new RegistrySettings(url, connectTimeout, requestTimeout, "Basic " + credentials, tls);
    }

    /** The same with a bearer token (RFC 6750). */
    public RegistrySettings withBearerToken(String token) {
        return new RegistrySettings(url, connectTimeout, requestTimeout, "Bearer " + token, tls);
    }

    /** The same with a TLS context of one's own. */
    public RegistrySettings withTls(SSLContext context) {
        return new RegistrySettings(url, connectTimeout, requestTimeout, authorization, context);
    }

    @Override
    public String toString() {
        return "RegistrySettings[" + url + ", connect " + connectTimeout + ", request " + requestTimeout
                + (authorization == null ? "" : ", with credentials") + (tls == null ? "" : ", own TLS") + "]";
    }
}

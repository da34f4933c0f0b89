package dev.pipelinetracker.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** Requests to a registry: each has a bounded end, an answer of any status, or a {@link RegistryUnavailableException}. */
final class RegistryHttp {
    private static final String MEDIA_TYPE = "application/vnd.schemaregistry.v1+json";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RegistrySettings settings;
    private final String base;
    private final HttpClient client;

    RegistryHttp(RegistrySettings settings) {
        this.settings = settings;
        this.base = settings.url().toString().replaceAll("/+$", "");
        // No redirects: they could carry the credentials elsewhere.
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(settings.connectTimeout());
        if (settings.tls() != null) {
            builder.sslContext(settings.tls());
        }
        this.client = builder.build();
    }

    RegistryAnswer get(String path) {
        return send(path, request(path).GET());
    }

    RegistryAnswer post(String path, Map<String, String> body) {
        return send("POST", path, body);
    }

    RegistryAnswer put(String path, Map<String, String> body) {
        return send("PUT", path, body);
    }

    private RegistryAnswer send(String method, String path, Map<String, String> body) {
        try {
            return send(
                    path,
                    request(path)
                            .header("Content-Type", MEDIA_TYPE)
                            .method(method, HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body))));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("Not text that JSON can hold", e);
        }
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path))
                .timeout(settings.requestTimeout())
                .header("Accept", MEDIA_TYPE + ", application/vnd.schemaregistry+json; q=0.9, application/json; q=0.8")
                .header("User-Agent", "pipeline-tracker");
        if (settings.authorization() != null) {
            request.header("Authorization", settings.authorization());
        }
        return request;
    }

    private RegistryAnswer send(String path, HttpRequest.Builder request) {
        CompletableFuture<HttpResponse<byte[]>> response =
                client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        try {
            // The request's own time-out ends with the headers (JDK-8258397); this one bounds the body, too.
            HttpResponse<byte[]> received =
                    response.get(settings.requestTimeout().toMillis(), TimeUnit.MILLISECONDS);
            return new RegistryAnswer(path, received.statusCode(), received.body().length > 0, json(received.body()));
        } catch (TimeoutException e) {
            throw new RegistryUnavailableException(
                    path + ": the registry did not answer within " + settings.requestTimeout(), e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new RegistryUnavailableException(path + ": " + explained(cause), cause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException(path + ": interrupted", e);
        } finally {
            response.cancel(true);
        }
    }

    private static String explained(Throwable failure) {
        if (!(failure instanceof SSLException)) {
            return "the registry cannot be reached (" + failure.getClass().getSimpleName() + ")";
        }
        // The outermost says no more than that there was a handshake; the innermost says what was wrong with a
        // certificate.
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return "TLS with the registry failed: " + root.getMessage();
    }

    private static JsonNode json(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (IOException e) {
            return MissingNode.getInstance();
        }
    }
}

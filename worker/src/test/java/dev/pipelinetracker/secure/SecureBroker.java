package dev.pipelinetracker.secure;

import dev.pipelinetracker.faults.Ports;
import dev.pipelinetracker.local.LocalBroker;
import dev.pipelinetracker.support.Certificates;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;

/** A broker with a listener for each way to show who one is, all with TLS; and one for the tests themselves, without. */
final class SecureBroker implements AutoCloseable {

    private final int inside = Ports.free();
    private final int scram = Ports.free();
    private final int oauth = Ports.free();
    private final int mutual = Ports.free();
    private final LocalBroker broker;

    /** @param tokens whose tokens it takes */
    SecureBroker(Path folder, Certificates certificates, TokenServer tokens)
            throws IOException, GeneralSecurityException {
        int controller = Ports.free();
        Map<String, String> settings = new HashMap<>();
        settings.put(
                "listeners",
                "INSIDE://127.0.0.1:%d,SCRAM://127.0.0.1:%d,OAUTH://127.0.0.1:%d,MUTUAL://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d"
                        .formatted(inside, scram, oauth, mutual, controller));
        settings.put(
                "listener.security.protocol.map",
                "INSIDE:PLAINTEXT,SCRAM:SASL_SSL,OAUTH:SASL_SSL,MUTUAL:SSL,CONTROLLER:PLAINTEXT");
        settings.put("inter.broker.listener.name", "INSIDE");
        settings.put("controller.quorum.voters", "1@127.0.0.1:" + controller);
        settings.put("ssl.keystore.type", "PEM");
        settings.put("ssl.keystore.location", certificates.pemOf("ip:127.0.0.1").toString());
        settings.put("ssl.truststore.type", "PEM");
        settings.put("ssl.truststore.location", certificates.authority().toString());
        settings.put("listener.name.mutual.ssl.client.auth", "required");
        settings.put("listener.name.scram.sasl.enabled.mechanisms", "SCRAM-SHA-512");
        settings.put(
                "listener.name.scram.scram-sha-512.sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required;");
        settings.put("listener.name.oauth.sasl.enabled.mechanisms", "OAUTHBEARER");
        String bearer = "listener.name.oauth.oauthbearer.";
        settings.put(
                bearer + "sasl.jaas.config",
                "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;");
        settings.put(
                bearer + "sasl.server.callback.handler.class",
                "org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler");
        settings.put("listener.name.oauth.sasl.oauthbearer.jwks.endpoint.url", tokens.keysUrl());
        settings.put("listener.name.oauth.sasl.oauthbearer.expected.audience", TokenServer.AUDIENCE);
        settings.put("listener.name.oauth.sasl.oauthbearer.expected.issuer", TokenServer.ISSUER);
        broker = LocalBroker.start(folder, inside, settings);
    }

    /** Of the listener of that name: {@code SCRAM}, {@code OAUTH} or {@code MUTUAL}. */
    String bootstrapServers(String listener) {
        return "127.0.0.1:"
                + switch (listener) {
                    case "SCRAM" -> scram;
                    case "OAUTH" -> oauth;
                    case "MUTUAL" -> mutual;
                    default -> throw new IllegalArgumentException(listener);
                };
    }

    /** Of the tests' own listener. */
    String insideServers() {
        return "127.0.0.1:" + inside;
    }

    /** An admin client that needs to show nothing, the caller's to close. */
    Admin admin() {
        return Admin.create(Map.<String, Object>of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, insideServers()));
    }

    /** Gives a user that password. */
    void user(String name, String password) {
        try (Admin admin = admin()) {
            admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
                            name, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4_096), password)))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("The broker did not do it", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted", e);
        }
    }

    @Override
    public void close() {
        broker.close();
    }
}

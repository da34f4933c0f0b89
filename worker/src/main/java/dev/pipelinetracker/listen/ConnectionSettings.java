package dev.pipelinetracker.listen;

import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import javax.security.sasl.SaslException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;

/**
 * What is set for a connection, by the settings' names, to tell an operator which of them to look at when a server refuses us
 * or we refuse it.
 *
 * @param trust whose certificates we trust
 * @param identity the certificate that we show
 * @param credentials the name and password, or the like
 * @param rights what the server lets us do
 */
record ConnectionSettings(String trust, String identity, String credentials, String rights) {

    static final ConnectionSettings KAFKA = new ConnectionSettings(
            "spring.kafka.properties.ssl.truststore.*",
            "spring.kafka.properties.ssl.keystore.*",
            "spring.kafka.properties.sasl.*",
            "the broker's ACLs");

    static final ConnectionSettings DATABASE = new ConnectionSettings(
            "sslmode and sslrootcert in spring.datasource.url",
            "sslcert and sslkey in spring.datasource.url",
            "spring.datasource.username, .password, and sslmode in .url",
            "the role's grants");

    /** The first line of the fault's root, and what to check if that is known; never a secret. */
    String explain(Throwable fault) {
        Throwable root = fault;
        boolean tls = false;
        boolean credentialsRefused = false;
        boolean forbidden = false;
        for (Throwable t = fault; t != null; t = t.getCause()) {
            root = t;
            tls |= t instanceof SSLException || t instanceof GeneralSecurityException;
            credentialsRefused |=
                    t instanceof SaslAuthenticationException || t instanceof SaslException || isRefusedLogin(t);
            forbidden |= t instanceof AuthorizationException;
        }
        String text = String.valueOf(root.getMessage()).lines().findFirst().orElse("");
        String words = text.toLowerCase(Locale.ROOT);
        if (words.contains("fatal alert")) {
            return "the server does not accept the certificate that we show, or we show none (%s). Check %s"
                    .formatted(text, identity);
        }
        if (words.contains("subject alternative") || words.contains("no name matching") || words.contains("hostname")) {
            return "the server's certificate is of another host (%s). Connect by a name that it is good for"
                    .formatted(text);
        }
        if (tls) {
            return "the server's certificate is not of an authority that we trust (%s). Check %s"
                    .formatted(text, trust);
        }
        if (credentialsRefused) {
            return "%s. Check %s".formatted(text, credentials);
        }
        return forbidden ? "%s. Check %s".formatted(text, rights) : text;
    }

    private static boolean isRefusedLogin(Throwable fault) {
        // class 28: invalid authorization specification
        return fault instanceof SQLException sql
                && String.valueOf(sql.getSQLState()).startsWith("28");
    }
}

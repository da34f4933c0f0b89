package dev.pipelinetracker.secure;

import dev.pipelinetracker.database.Migrations;
import dev.pipelinetracker.faults.FaultyPostgres;
import dev.pipelinetracker.support.Certificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A PostgreSQL that lets in whoever comes by TLS and knows a password; but for its superuser, who is the test. */
final class SecurePostgres {

    private static final String TEMPLATE = "migrated";

    private final FaultyPostgres server;

    SecurePostgres(Path folder, Certificates certificates) throws IOException, GeneralSecurityException {
        String pem = certificates.pemOf("dns:localhost").toString();
        Path rules = Files.writeString(folder.resolve("pg_hba.conf"), """
                host    all postgres 127.0.0.1/32 trust
                hostssl all all      127.0.0.1/32 scram-sha-256
                hostssl all all      ::1/128      scram-sha-256
                """);
        server = FaultyPostgres.start(List.of(
                "ssl = on",
                "ssl_cert_file = '%s'".formatted(pem),
                "ssl_key_file = '%s'".formatted(pem),
                "hba_file = '%s'".formatted(rules)));
        sql("postgres").sql("CREATE DATABASE " + TEMPLATE).update();
        Migrations migrations = new Migrations(server.dataSource(TEMPLATE));
        migrations.migrate();
        migrations.secure();
    }

    /** A new one for a worker that may do what it needs: its name, and that of the role; {@link #operatorOf} it is another. */
    String database(String password) {
        String name = "w" + UUID.randomUUID().toString().replace('-', '_');
        sql("postgres")
                .sql("CREATE DATABASE %s TEMPLATE %s".formatted(name, TEMPLATE))
                .update();
        sql("postgres")
                .sql("CREATE ROLE %s LOGIN PASSWORD '%s' IN ROLE tracker_worker".formatted(name, password))
                .update();
        sql("postgres")
                .sql("CREATE ROLE %s LOGIN PASSWORD '%s' IN ROLE tracker_operator"
                        .formatted(operatorOf(name), password))
                .update();
        return name;
    }

    /** The operator's role, with the worker's password. */
    static String operatorOf(String database) {
        return "o" + database.substring(1);
    }

    /** Without a name for the host: {@code localhost} is the one that its certificate is good for. */
    String jdbcUrl(String host, String database) {
        return "jdbc:postgresql://%s:%d/%s".formatted(host, server.port(), database);
    }

    /** As superuser. */
    JdbcClient sql(String database) {
        return server.sql(database);
    }
}

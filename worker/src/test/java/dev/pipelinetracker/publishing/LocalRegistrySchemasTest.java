package dev.pipelinetracker.publishing;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.pipelinetracker.support.RealRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** On the small registry of the local mode, and what needs none. */
class LocalRegistrySchemasTest extends SchemasCommandContract {

    @Override
    URI url() {
        return URI.create(RealRegistry.url());
    }

    @Test
    void aChangedFileIsCheckedWithoutARegistryToo() throws Exception {
        CommandLineRun good = CommandLineRun.of("", "schemas", "check", file(withOptionalField()));
        assertThat(good.exitCode()).as(good.err()).isZero();
        assertThat(good.out()).contains("compared with this worker's schema only: tracker.registry.url is not set");
        CommandLineRun bad = CommandLineRun.of("", "schemas", "check", file(withRequiredField()));
        assertThat(bad.exitCode()).isEqualTo(1);
        assertThat(bad.err()).contains("its readers cannot read our events");
        CommandLineRun rule = CommandLineRun.of(
                "",
                "schemas",
                "check",
                file(withOptionalField().replace("\"default\": null}", "\"default\": null, \"pattern\": \"x\"}")));
        assertThat(rule.exitCode()).isEqualTo(1);
        assertThat(rule.err()).contains("a rule that cannot be kept: host: no such rule here: pattern");
    }

    @Test
    void filesThatAreNoSchemaAreNamedWithTheirFaultAndTheOthersAreCheckedEvenSo() throws Exception {
        Path beside = Path.of(file(withOptionalField()));
        Path empty = Files.writeString(beside.resolveSibling("empty.avsc"), "");
        Path broken = Files.writeString(
                beside.resolveSibling("broken.avsc"), withOptionalField().substring(0, 200));
        Path type = Files.writeString(beside.resolveSibling("type.avsc"), "{\"type\": \"rekord\"}");
        Path unnamed = Files.writeString(
                beside.resolveSibling("unnamed.avsc"), withOptionalField().replace("uuid\"", "uuid"));
        Path latin = Files.write(beside.resolveSibling("latin.avsc"), new byte[] {'"', (byte) 0xE9, '"'});
        Path event = Files.writeString(beside.resolveSibling("event.avsc"), "{\"org_id\": \"secret\"}");
        Path foreign = Files.writeString(beside.resolveSibling("foreign.avsc"), "\"string\"");
        Path missing = beside.resolveSibling("missing.avsc");

        CommandLineRun run = CommandLineRun.of(
                "",
                "schemas",
                "check",
                empty.toString(),
                broken.toString(),
                type.toString(),
                unnamed.toString(),
                latin.toString(),
                event.toString(),
                foreign.toString(),
                file(withOptionalField()));
        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        assertThat(run.err().lines())
                .as("a line per file")
                .satisfiesExactly(
                        line -> assertThat(line).startsWith(empty + ": not an Avro schema: "),
                        line -> assertThat(line)
                                .startsWith(broken + ": not an Avro schema: Unexpected end-of-input")
                                .contains("(line "),
                        line -> assertThat(line).startsWith(type + ": not an Avro schema: "),
                        line -> assertThat(line).startsWith(unnamed + ": not an Avro schema: "),
                        line -> assertThat(line).startsWith(latin + ": not an Avro schema: it is not UTF-8"),
                        line -> assertThat(line).isEqualTo(event + ": not an Avro schema: No type"),
                        line -> assertThat(line).startsWith(foreign + ": string is none of our events"));
        assertThat(run.out()).contains("changed.avsc: compared with");

        CommandLineRun absent = CommandLineRun.of("", "schemas", "check", missing.toString());
        assertThat(absent.exitCode()).isEqualTo(2);
        assertThat(absent.err()).contains("Not a file that can be read: " + missing);
    }

    @Test
    void whatIsNotReachedOrNoAddressIsToldInALineThatSaysWhatToCheck() {
        CommandLineRun away = CommandLineRun.of("", "schemas", "check", "--tracker.registry.url=http://127.0.0.1:1");
        assertThat(away.exitCode()).isEqualTo(1);
        assertThat(away.err())
                .startsWith("failed: /subjects/etl.pipeline-runs-value")
                .endsWith(". Check tracker.registry.*, then try again." + System.lineSeparator());
        for (String url : List.of("127.0.0.1:1", "http://no host/", "file:/tmp")) {
            CommandLineRun wrong = CommandLineRun.of("", "schemas", "register", "--tracker.registry.url=" + url);
            assertThat(wrong.exitCode()).as(wrong.err()).isEqualTo(2);
            assertThat(wrong.err().lines()).hasSize(1);
            assertThat(wrong.out() + wrong.err()).startsWith("wrong setting: tracker.registry.");
        }
    }

    @Test
    void whereARegistryIsGivenByASettingsFileAChangedFileIsHeldAgainstItToo() throws Exception {
        Path settings = Path.of(file("")).resolveSibling("settings.properties");
        Files.writeString(settings, "tracker.registry.url=" + url());
        CommandLineRun run = CommandLineRun.of(
                "",
                "schemas",
                "check",
                file(withOptionalField()),
                "--spring.config.additional-location=file:" + settings);
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("and every version of etl.pipeline-runs-value");
    }

    @Test
    void credentialsAreSentAsTheWorkerSendsThemAndARefusalIsTold() throws Exception {
        List<String> authorizations = new CopyOnWriteArrayList<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            authorizations.add(exchange.getRequestHeaders().getFirst("Authorization"));
            exchange.sendResponseHeaders(401, -1);
            exchange.close();
        });
        server.start();
        try {
            String url = "--tracker.registry.url=http://127.0.0.1:"
                    + server.getAddress().getPort();
            CommandLineRun basic = CommandLineRun.of(
                    "", "schemas", "register", url, "--tracker.registry.username=u", "--tracker.registry.password=p");
            CommandLineRun bearer = CommandLineRun.of("", "schemas", "check", url, "--tracker.registry.token=t0ken");
            assertThat(authorizations).containsExactly("Basic dTpw", "Bearer t0ken");
            assertThat(basic.exitCode()).isEqualTo(1);
            assertThat(basic.err()).startsWith("failed: /subjects/").contains("status 401");
            assertThat(bearer.exitCode()).isEqualTo(1);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void wrongUsageIsExitCodeTwo() {
        assertThat(CommandLineRun.of("", "schemas").exitCode()).isEqualTo(2);
        assertThat(CommandLineRun.of("", "schemas", "check", "absent.avsc").exitCode())
                .isEqualTo(2);
    }
}

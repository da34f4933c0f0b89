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

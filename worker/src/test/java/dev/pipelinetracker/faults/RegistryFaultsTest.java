package dev.pipelinetracker.faults;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.pipelinetracker.support.RealRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A registry that is away, silent, slow or out of order: what is known goes on, what is not waits, nothing is rejected. */
class RegistryFaultsTest {

    private static int stages;

    private Stage stage;
    private WorkerProcess worker;

    @BeforeEach
    void startWithoutRegistry() {
        stage = Stage.open("registry" + (char) ('a' + stages++));
        stage.registryProxy().refuse();
        worker = stage.startWorker();
    }

    @AfterEach
    void stop() {
        stage.close();
    }

    @Test
    @MatrixRow(21)
    void eachFeedWaitsForItsSchemaAndThoseThatAreKnownGoOn() throws IOException {
        int port = URI.create(RealRegistry.url()).getPort();
        // away from the start
        stage.publish(Kind.RUNS, 50);
        awaitRetry("pipeline-runs");
        stage.registryProxy().pass();
        stage.settle();

        // in trouble; what is known goes on
        HttpServer broken = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        broken.createContext("/", exchange -> {
            byte[] body = "{\"error_code\":50001,\"message\":\"store\"}".getBytes(UTF_8);
            exchange.sendResponseHeaders(500, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        broken.start();
        stage.registryProxy().target(broken.getAddress().getPort());
        stage.registryProxy().reset();
        stage.publish(Kind.INSIGHTS, 50);
        awaitRetry("insights");
        int known = stage.publish(Kind.RUNS, 50);
        awaitRow(known + 49);
        stage.registryProxy().target(port);
        stage.registryProxy().reset();
        broken.stop(0);
        stage.settle();

        // silent, then slow
        stage.registryProxy().blackHole();
        stage.publish(Kind.CHARTS, 50);
        awaitRetry("visualizations");
        known = stage.publish(Kind.RUNS, 50);
        awaitRow(known + 49);
        stage.registryProxy().reset();
        stage.registryProxy().pass();
        stage.registryProxy().delay(Duration.ofMillis(300));

        assertThat(stage.settle().deadLetters()).isEmpty();
        stage.registryProxy().pass();
    }

    @Test
    @MatrixRow(22)
    void anUnknownSchemaIdIsRejectedAndItsNeighboursAreStored() {
        stage.registryProxy().pass();
        stage.publish(Kind.RUNS, 50);
        for (int id = 900_000; id < 900_003; id++) {
            byte[] value = Wire.bytes(Kind.RUNS.event(stage.organization(0), stage.keys(1), 0));
            ByteBuffer.wrap(value).putInt(1, id);
            stage.ledger().bad(Kind.RUNS, Wire.key(stage.organization(0)), value, "unreadable");
        }
        stage.publish(Kind.RUNS, 50);
        Ledger.Account account = stage.settle();
        assertThat(account.deadLetters()).containsEntry("unreadable", 3);
    }

    private void awaitRetry(String feed) {
        await().atMost(Stage.LIMIT)
                .until(() -> worker.metric("tracker_retries_total", "feed=\"" + feed + "\"", "cause=\"registry\"") > 0);
    }

    private void awaitRow(int key) {
        await("what is known goes on")
                .atMost(Duration.ofSeconds(10))
                .until(() -> stage.database()
                                .sql("SELECT count(*) FROM analytics_pipeline_history WHERE source_id = ?")
                                .param(Kind.source(key))
                                .query(Long.class)
                                .single()
                        == 1);
    }
}

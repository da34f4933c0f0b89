package dev.pipelinetracker.faults;

import dev.pipelinetracker.local.LocalBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** A Kafka broker as a process of its own: what {@link FaultyBroker} starts. */
final class BrokerMain {

    private BrokerMain() {}

    /** Runs until SIGTERM, on the folder and the port that its arguments are. */
    public static void main(String... arguments) throws IOException {
        LocalBroker broker = LocalBroker.start(
                Path.of(arguments[0]),
                Integer.parseInt(arguments[1]),
                Map.of(
                        "group.min.session.timeout.ms",
                        "1000",
                        "message.max.bytes",
                        Integer.toString(FaultyBroker.LARGEST_RECORD)));
        Runtime.getRuntime().addShutdownHook(new Thread(broker::close, "stop-broker"));
    }
}

package dev.pipelinetracker.bench;

import dev.pipelinetracker.faults.ChildJvm;
import dev.pipelinetracker.support.RealRegistry;
import java.util.List;
import java.util.Map;

/** {@link NaiveConsumer} in a JVM of its own. */
final class NaivePeer implements Peer {

    private static final int THREADS = 3;

    private final String topic;
    private final Process process;

    NaivePeer(Stage stage, String feed, String topic) {
        this.topic = topic;
        this.process = ChildJvm.start(
                "naive-" + topic,
                ChildJvm.classPath(),
                List.of("-Xmx300m"),
                NaiveConsumer.class.getName(),
                List.of(
                        stage.bootstrapServers(),
                        stage.jdbcUrl(),
                        RealRegistry.url(),
                        feed,
                        topic,
                        Integer.toString(THREADS)),
                Map.of());
    }

    @Override
    public String name() {
        return "one row at a time";
    }

    @Override
    public String settings() {
        return "-Xmx300m, plain KafkaConsumer, " + THREADS
                + " threads, one prepared INSERT .. ON CONFLICT .. DO UPDATE .. WHERE newer per record, autocommit; offsets"
                + " committed per poll";
    }

    @Override
    public String topic() {
        return topic;
    }

    @Override
    public String group() {
        return NaiveConsumer.GROUP_PREFIX + topic;
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().join();
    }
}

package dev.pipelinetracker.bench;

import dev.pipelinetracker.engine.Feed;
import dev.pipelinetracker.engine.OneEvent;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.wire.RegistrySettings;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.postgresql.ds.PGSimpleDataSource;

/** What an event costs the worker in decode, fold and bind, each alone: {@link OneEvent}, and what it needs in its own JVM. */
public final class MicroPart implements Part {

    private static final String DATABASE = "bench.database";
    private static final String REGISTRY = "bench.registry";

    /** To be run by {@link Bench}. */
    MicroPart() {}

    @Override
    public void run(Context context) {
        boolean quick = context.scale().equals(Scale.QUICK);
        try {
            new Runner(new OptionsBuilder()
                            .include(OneEvent.class.getName().replace(".", "\\.") + "\\..*")
                            .forks(quick ? 1 : 2)
                            .warmupIterations(quick ? 1 : 4)
                            .warmupTime(TimeValue.seconds(1))
                            .measurementIterations(quick ? 2 : 5)
                            .measurementTime(TimeValue.seconds(1))
                            .timeUnit(TimeUnit.MICROSECONDS)
                            .jvmArgs(
                                    "-Xmx300m",
                                    "-D" + DATABASE + "=" + context.stage().jdbcUrl(),
                                    "-D" + REGISTRY + "=" + RealRegistry.url())
                            .build())
                    .run()
                    .forEach(result -> context.report()
                            .add(
                                    "micro",
                                    result.getPrimaryResult().getLabel() + ", "
                                            + result.getParams().getParam("feed"),
                                    result.getPrimaryResult().getScore(),
                                    "us"));
        } catch (RunnerException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The worker's feed of that name. */
    public static Feed<?, ?> feed(String name) {
        return new Feeds(dataSource()).named(name);
    }

    /** Records as polled. */
    public static List<ConsumerRecord<byte[], byte[]>> records(String feed, int number) {
        Backlogs backlogs = new Backlogs(number, registry());
        Backlog backlog = feed.equals("pipeline-runs") ? backlogs.runs(2 * number) : backlogs.charts(number);
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        backlog.partitions()
                .forEach(partition -> partition.stream()
                        .limit(number / Backlogs.PARTITIONS)
                        .forEach(message -> records.add(
                                new ConsumerRecord<>(feed, 0, records.size(), message.key(), message.value()))));
        return records;
    }

    /** Where schemas are. */
    public static RegistrySettings registry() {
        return RegistrySettings.at(URI.create(System.getProperty(REGISTRY, "")));
    }

    /** A connection to the harness's PostgreSQL, which knows the types' numbers. */
    public static Connection connection() {
        try {
            return dataSource().getConnection();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static DataSource dataSource() {
        PGSimpleDataSource database = new PGSimpleDataSource();
        database.setURL(System.getProperty(DATABASE, ""));
        database.setUser("postgres");
        return database;
    }
}

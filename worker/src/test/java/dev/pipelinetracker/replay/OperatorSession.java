package dev.pipelinetracker.replay;

import dev.pipelinetracker.EngineOnly;
import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RealPostgres.Database;
import dev.pipelinetracker.support.RealRegistry;
import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ConfigurableApplicationContext;

/** An operator's commands in this JVM: the worker without its listeners, and what they show. */
public final class OperatorSession implements AutoCloseable {

    /** Everything, without asking. */
    public static final Manner YES = manner(false, true, false);

    /** Rolled back. */
    public static final Manner DRY = manner(true, false, false);

    /** All that the topic holds. */
    public static final Selection ALL = selection();

    private final ConfigurableApplicationContext context;
    private final StringWriter shown = new StringWriter();

    private OperatorSession(ConfigurableApplicationContext context) {
        this.context = context;
    }

    /** On topics of that prefix, with what the command needs. */
    public static OperatorSession start(String prefix, Database database, Class<?> needs) {
        return new OperatorSession(
                EngineOnly.start(needs, properties(prefix, database).toArray(String[]::new)));
    }

    /** As arguments of a command line. */
    public static List<String> properties(String prefix, Database database) {
        List<String> arguments = new ArrayList<>(List.of(
                "--spring.kafka.bootstrap-servers=" + RealBroker.bootstrapServers(),
                "--spring.datasource.url=" + database.jdbcUrl(),
                "--spring.datasource.username=" + database.user(),
                "--spring.datasource.password=" + database.password(),
                "--tracker.registry.url=" + RealRegistry.url()));
        for (String feed : List.of("pipeline-runs", "insights", "visualizations")) {
            arguments.add("--tracker.feeds." + feed + ".topic=" + prefix + feed);
        }
        return arguments;
    }

    /** Of these organizations; of all if there are none. */
    public static Selection selection(UUID... organizations) {
        return new Selection(null, null, List.of(organizations), List.of(), Set.of(), Map.of());
    }

    /** As fast as it goes beside the live feed. */
    public static Manner manner(boolean dryRun, boolean yes, boolean acceptGap) {
        return new Manner(new Speed(Rate.UNLIMITED, true, 2_000), dryRun, yes, acceptGap);
    }

    /** The bean that the command is about. */
    public <T> T get(Class<T> needs) {
        return context.getBean(needs);
    }

    /** Text output, nobody to ask. */
    public Operator operator() {
        return operator(null, false);
    }

    /** Whoever answers that. */
    public Operator operator(@Nullable String answer, boolean json) {
        PrintWriter writer = new PrintWriter(shown, true);
        return new Operator(writer, writer, answer == null ? null : new BufferedReader(new StringReader(answer)), json);
    }

    /** All that was shown since the last call of {@link #shown}. */
    public String saidSoFar() {
        return shown.toString();
    }

    /** All that was shown since the last call. */
    public String shown() {
        String text = shown.toString();
        shown.getBuffer().setLength(0);
        return text;
    }

    @Override
    public void close() {
        context.close();
    }
}

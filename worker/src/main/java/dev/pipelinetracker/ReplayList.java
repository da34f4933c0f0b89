package dev.pipelinetracker;

import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.Replays;
import dev.pipelinetracker.replay.StopSignal;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code replay list}: the audit. */
@Command(
        name = "list",
        description = "Shows the newest replays: who, when, why, counts, how they ended.",
        mixinStandardHelpOptions = true)
final class ReplayList extends OperatorCommand {

    @Option(names = "--limit", paramLabel = "N", description = "How many. Default: ${DEFAULT-VALUE}")
    private int limit = 20;

    @Override
    Class<?> needs() {
        return Replays.class;
    }

    @Override
    boolean run(ConfigurableApplicationContext worker, Operator operator, StopSignal stop) {
        worker.getBean(Replays.class).list(limit, operator);
        return true;
    }
}

package dev.pipelinetracker;

import dev.pipelinetracker.Migrate.DatabaseOnly;
import dev.pipelinetracker.replay.Rate;
import dev.pipelinetracker.retention.Age;
import dev.pipelinetracker.retention.HistoryRetention;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code retention}: deletes old history. */
@Command(
        name = "retention",
        description = {
            "Deletes finished runs from analytics_pipeline_history that are older than an age.",
            "First counts, then asks; in small transactions, beside live traffic. Runs that are still open stay, and rows without a pipeline_id, which are not the worker's.",
            "Needs the settings spring.datasource.* of a role that may DELETE there. Nothing is ever deleted unless this is run."
        },
        footer = {
            "",
            "Examples:",
            "  retention --older-than 365d --dry-run",
            "  retention --older-than 90d --org 0b6c... --yes --rate 5000/s"
        },
        mixinStandardHelpOptions = true)
final class Retention extends OperatorCommand<DataSource> {

    @Option(
            names = "--older-than",
            required = true,
            paramLabel = "DAYS",
            description = "By the row's timestamp: whole days, as in 365d.")
    private String olderThan = "";

    @Option(
            names = "--org",
            paramLabel = "UUID",
            split = ",",
            description = "Only of this organization; repeatable. Default: of all.")
    private List<UUID> organizations = new ArrayList<>();

    @Option(names = "--rate", paramLabel = "RATE", description = "At most so fast: 5000/s, 300/min, 1000/h.")
    private String rate = "";

    @Mixin
    private ConfirmOptions confirm = new ConfirmOptions();

    Retention() {
        super(DataSource.class);
    }

    @Override
    Task<DataSource> task() {
        HistoryRetention.Request request = new HistoryRetention.Request(
                Age.parse(olderThan).before(Instant.now()),
                List.copyOf(organizations),
                rate.isEmpty() ? Rate.UNLIMITED : Rate.parse(rate),
                confirm.dryRun(),
                confirm.yes());
        return (database, operator, stop) -> new HistoryRetention(database).run(request, operator, stop);
    }

    /** Neither Kafka nor the registry is needed, and no statement's time-out: counting a large organization takes its time. */
    @Override
    ConfigurableApplicationContext start(String... properties) {
        return new SpringApplicationBuilder(DatabaseOnly.class)
                .web(WebApplicationType.NONE)
                // a signal ends the chunk in hand first: StopSignal
                .registerShutdownHook(false)
                .logStartupInfo(false)
                .profiles("migrate")
                .listeners(new RequiredSettings("spring.datasource.url"))
                .run(properties);
    }
}

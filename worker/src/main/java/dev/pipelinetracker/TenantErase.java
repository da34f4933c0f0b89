package dev.pipelinetracker;

import dev.pipelinetracker.erasure.Erasure;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tenant erase}. */
@Command(
        name = "erase",
        description = {
            "Deletes all rows of an organization, and the organization itself, for good.",
            "First counts, then asks; in small transactions, beside live traffic. A database or broker that is away is waited for; stopped or failed, it is run again. The organization's dead letters are never offered again.",
            "Stop its jobs first: what they go on to publish becomes dead letters (unknown_org).",
            "Kafka deletes no single record: it tells what remains in which topics, and for how long.",
            "Needs serve's settings, of a role that may do so: the tables' owner, or a member of tracker_operator."
        },
        footer = {
            "",
            "Examples:",
            "  tenant erase --org 0b6c.. --dry-run",
            "  tenant erase --org 0b6c.. --reason 'ticket 4711'"
        },
        mixinStandardHelpOptions = true)
final class TenantErase extends OperatorCommand<Erasure> {

    @Option(names = "--org", paramLabel = "UUID", required = true, description = "Which organization.")
    private UUID organization = new UUID(0, 0);

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why: kept in tracker.erasures.")
    private @Nullable String reason;

    @Mixin
    private ConfirmOptions confirm = new ConfirmOptions();

    TenantErase() {
        super(Erasure.class);
    }

    @Override
    Task<Erasure> task() {
        Erasure.Request request = new Erasure.Request(organization, reason, confirm.dryRun(), confirm.yes());
        return (erasure, operator, stop) -> erasure.run(request, operator, stop);
    }

    /** Counting and deleting a large organization takes longer than any statement of serve may. */
    @Override
    ConfigurableApplicationContext start(String... properties) {
        return super.start(Stream.concat(Stream.of(properties), Stream.of("--spring.profiles.include=migrate"))
                .toArray(String[]::new));
    }
}

package dev.pipelinetracker;

import dev.pipelinetracker.deadletters.LetterBox;
import dev.pipelinetracker.deadletters.LetterFilter;
import dev.pipelinetracker.deadletters.Place;
import dev.pipelinetracker.replay.Manner;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.StopSignal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dead-letters}: what was rejected, in an operator's hands. */
@Command(
        name = "dead-letters",
        description = {
            "Lists, shows, redrives and parks what was rejected. A letter is named by its place in the dead-letter topic, as",
            "in 0@15. Redriven letters go through the engine into the tables, never back onto the live topic."
        },
        subcommands = {
            DeadLetterCommands.ListOpen.class,
            DeadLetterCommands.Show.class,
            DeadLetterCommands.Redrive.class,
            DeadLetterCommands.Park.class
        },
        mixinStandardHelpOptions = true)
final class DeadLetterCommands implements Runnable {

    @Spec
    private @Nullable CommandSpec command;

    @Override
    public void run() {
        throw new ParameterException(
                Objects.requireNonNull(command).commandLine(), "Say which: list, show, redrive or park");
    }

    /** Which letters. */
    static final class FilterOptions {

        @Option(
                names = "--org",
                paramLabel = "UUID",
                split = ",",
                description = "Only of this organization; repeatable.")
        private List<UUID> organizations = new ArrayList<>();

        @Option(names = "--from", paramLabel = "TIME", description = "Rejected at this time or later (UTC).")
        private @Nullable String from;

        @Option(names = "--to", paramLabel = "TIME", description = "Rejected before this time.")
        private @Nullable String to;

        @Option(
                names = "--letter",
                paramLabel = "PARTITION@OFFSET",
                split = ",",
                description = "Only this letter, such as 0@15; repeatable.")
        private Set<String> places = new LinkedHashSet<>();

        /** Throws IllegalArgumentException with a sentence for what makes no sense. */
        LetterFilter filter(Set<String> reasons) {
            for (String reason : reasons) {
                if (!List.of("unreadable", "key_mismatch", "invalid", "unknown_org", "refused_by_database")
                        .contains(reason)) {
                    throw new IllegalArgumentException(
                            "'%s' is no reason of a rejection: see --help".formatted(reason));
                }
            }
            return new LetterFilter(
                    reasons,
                    organizations,
                    SelectionOptions.time("--from", from),
                    SelectionOptions.time("--to", to),
                    places.stream().map(Place::parse).collect(Collectors.toSet()));
        }
    }

    /** Shared by the four. */
    abstract static class OfFeed extends OperatorCommand {

        @Option(
                names = "--feed",
                paramLabel = "FEED",
                required = true,
                description = "pipeline-runs, insights or visualizations.")
        String feed = "";

        @Override
        Class<?> needs() {
            return LetterBox.class;
        }

        @Override
        void check() {
            try {
                read();
            } catch (IllegalArgumentException e) {
                throw wrong(String.valueOf(e.getMessage()));
            }
        }

        /** Reads options; throws IllegalArgumentException for wrong ones. */
        abstract void read();
    }

    /** {@code list}. */
    @Command(name = "list", description = "Lists open dead letters, and counts them.", mixinStandardHelpOptions = true)
    static final class ListOpen extends OfFeed {

        @Option(
                names = {"--reason", "--reason-is"},
                paramLabel = "REASON",
                split = ",",
                description = "unreadable, key_mismatch, invalid, unknown_org or refused_by_database; repeatable.")
        private Set<String> reasons = new LinkedHashSet<>();

        @Mixin
        private FilterOptions which = new FilterOptions();

        @Option(names = "--limit", paramLabel = "N", description = "Lines at most. Default: ${DEFAULT-VALUE}")
        private int limit = 50;

        private @Nullable LetterFilter filter;

        @Override
        void read() {
            filter = which.filter(reasons);
        }

        @Override
        boolean run(ConfigurableApplicationContext worker, Operator operator, StopSignal stop) {
            worker.getBean(LetterBox.class).list(feed, Objects.requireNonNull(filter), limit, operator);
            return true;
        }
    }

    /** {@code show}. */
    @Command(name = "show", description = "Shows one dead letter.", mixinStandardHelpOptions = true)
    static final class Show extends OfFeed {

        @Parameters(paramLabel = "PARTITION@OFFSET", description = "As `list` shows it, such as 0@15.")
        private String letter = "";

        @Option(
                names = "--payload",
                description = "Also show the event and foreign headers, as the publisher wrote them.")
        private boolean payload;

        private @Nullable Place place;

        @Override
        void read() {
            place = Place.parse(letter);
        }

        @Override
        boolean run(ConfigurableApplicationContext worker, Operator operator, StopSignal stop) {
            worker.getBean(LetterBox.class).show(feed, Objects.requireNonNull(place), payload, operator);
            return true;
        }
    }

    /** {@code redrive}. */
    @Command(
            name = "redrive",
            description = {
                "Drives open dead letters through the engine into the tables. What is rejected again goes back to the",
                "dead-letter topic with its attempts counted; at the cap it is parked in <topic>.dlt.parked."
            },
            mixinStandardHelpOptions = true)
    static final class Redrive extends OfFeed {

        @Option(
                names = {"--reason", "--reason-is"},
                paramLabel = "REASON",
                split = ",",
                description = "unreadable, key_mismatch, invalid, unknown_org or refused_by_database; repeatable.")
        private Set<String> reasons = new LinkedHashSet<>();

        @Mixin
        private FilterOptions which = new FilterOptions();

        @Mixin
        private MannerOptions how = new MannerOptions();

        @Option(
                names = "--cap",
                paramLabel = "N",
                description = "Attempts, the first included. Default: ${DEFAULT-VALUE}")
        private int cap = 5;

        private @Nullable LetterFilter filter;
        private @Nullable Manner manner;

        @Override
        void read() {
            if (cap < 2) {
                throw new IllegalArgumentException("--cap must be 2 or more: the first attempt was the live one");
            }
            filter = which.filter(reasons);
            manner = how.manner(false);
        }

        @Override
        boolean run(ConfigurableApplicationContext worker, Operator operator, StopSignal stop) {
            return worker.getBean(LetterBox.class)
                    .redrive(feed, Objects.requireNonNull(filter), cap, Objects.requireNonNull(manner), operator, stop);
        }
    }

    /** {@code park}. */
    @Command(
            name = "park",
            description = "Moves hopeless dead letters to <topic>.dlt.parked, where nothing offers them again.",
            mixinStandardHelpOptions = true)
    static final class Park extends OfFeed {

        @Option(
                names = "--reason-is",
                paramLabel = "REASON",
                split = ",",
                description = "unreadable, key_mismatch, invalid, unknown_org or refused_by_database; repeatable.")
        private Set<String> reasons = new LinkedHashSet<>();

        @Mixin
        private FilterOptions which = new FilterOptions();

        @Mixin
        private MannerOptions how = new MannerOptions();

        @Option(names = "--reason", paramLabel = "TEXT", required = true, description = "Why they are hopeless.")
        private String reason = "";

        private @Nullable LetterFilter filter;
        private @Nullable Manner manner;

        @Override
        void read() {
            filter = which.filter(reasons);
            if (filter.isEmpty()) {
                throw new IllegalArgumentException("say which: --letter, --reason-is, --org, --from or --to");
            }
            manner = how.manner(false);
        }

        @Override
        boolean run(ConfigurableApplicationContext worker, Operator operator, StopSignal stop) {
            worker.getBean(LetterBox.class)
                    .park(feed, Objects.requireNonNull(filter), reason, Objects.requireNonNull(manner), operator);
            return true;
        }
    }
}

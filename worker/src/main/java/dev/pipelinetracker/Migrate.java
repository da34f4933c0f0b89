package dev.pipelinetracker;

import dev.pipelinetracker.database.Migrations;
import dev.pipelinetracker.replay.Operator;
import dev.pipelinetracker.replay.RefusedException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code migrate}: brings the database up to what this worker needs, and ends. */
@Command(
        name = "migrate",
        description = {
            "Creates, upgrades or adopts the database's tables, and ends.",
            "Needs the settings spring.datasource.* of a role that may do so: the tables' owner.",
            "serve creates and upgrades at its start, too, if its role may; it does not adopt."
        },
        exitCodeListHeading = ExitCode.HEADING,
        exitCodeList = {ExitCode.DONE_MEANS, ExitCode.FAILED_MEANS, ExitCode.WRONG_USAGE_MEANS, ExitCode.REFUSED_MEANS},
        mixinStandardHelpOptions = true)
final class Migrate implements Callable<Integer> {

    @Mixin
    private SpringProperties properties = new SpringProperties();

    @Option(names = "--plan", description = "Print what would be done, and do nothing.")
    private boolean plan;

    @Option(
            names = "--replace-role-based",
            description =
                    "Move the tables of the framework's older schema, which is by role, to the schema legacy, and create schema 2.0 and a demo organization.")
    private boolean replaceRoleBased;

    @Option(
            names = "--row-level-security",
            description =
                    "Also keep organizations apart in the database: policies by the session setting tracker.org_id, and the roles tracker_worker, tracker_reader, tracker_operator. Refused if it would hide all rows from a login that writes them, as a worker does.")
    private boolean rowLevelSecurity;

    @Option(
            names = {"--yes", "-y"},
            description = "Do not ask before --replace-role-based.")
    private boolean yes;

    @Override
    public Integer call() {
        SpringApplicationBuilder application = new SpringApplicationBuilder(DatabaseOnly.class)
                .web(WebApplicationType.NONE)
                .logStartupInfo(false)
                // without the time-outs of serve: an index on a large table takes its time
                .profiles("migrate")
                .listeners(new RequiredSettings("spring.datasource.url"));
        try (ConfigurableApplicationContext context = application.run(properties.arguments())) {
            Migrations migrations = new Migrations(context.getBean(DataSource.class));
            if (plan) {
                show(migrations.plan(rowLevelSecurity));
            }
            if (rowLevelSecurity) {
                migrations.refuseToBlind();
            }
            if (plan) {
                return ExitCode.DONE;
            }
            if (replaceRoleBased) {
                confirm(migrations.plan(rowLevelSecurity));
                migrations.replaceRoleBased();
            } else {
                migrations.migrateOrAdopt();
            }
            if (rowLevelSecurity) {
                migrations.secure();
            }
            return ExitCode.DONE;
        } catch (RefusedException e) {
            System.err.println("refused: " + e.getMessage());
            return ExitCode.REFUSED;
        }
    }

    private static void show(List<String> steps) {
        steps.forEach(System.out::println);
        if (steps.isEmpty()) {
            System.out.println("nothing to do");
        }
    }

    private void confirm(List<String> steps) {
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        steps.forEach(err::println);
        try (Operator operator = new Operator(err, err, OperatorCommand.terminal(), false)) {
            operator.confirm("Replace the tables by role?", yes);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration(DataSourceAutoConfiguration.class)
    static class DatabaseOnly {}
}

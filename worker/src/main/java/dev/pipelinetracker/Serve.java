package dev.pipelinetracker;

import dev.pipelinetracker.listen.Listening;
import org.springframework.boot.builder.SpringApplicationBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code serve}: consumes all feeds until it is told to stop. */
@Command(
        name = "serve",
        description = {"Consumes all feeds until SIGTERM (the default command)."},
        exitCodeListHeading = ExitCode.HEADING,
        exitCodeList = {
            "0:told to stop (by SIGTERM the signal's 143)",
            "1:it could not start, as the last lines say",
            ExitCode.WRONG_USAGE_MEANS,
            "3:the database is not as this version needs it: see migrate --plan"
        },
        footer = {
            "",
            RequiredSettings.OF_ENGINE,
            RequiredSettings.HOW_GIVEN,
            "The README has all settings.",
            "",
            "Example:",
            "  serve --spring.kafka.bootstrap-servers=127.0.0.1:19092 \\",
            "    --spring.datasource.url=jdbc:postgresql://127.0.0.1:15432/etl \\",
            "    --spring.datasource.username=etl_worker --spring.datasource.password=.. \\",
            "    --tracker.registry.url=http://127.0.0.1:18081"
        },
        mixinStandardHelpOptions = true)
public final class Serve implements Runnable {

    @Mixin
    private SpringProperties properties = new SpringProperties();

    Serve() {}

    @Override
    public void run() {
        serve(properties);
    }

    /** The worker that this command runs, to be configured and run. */
    public static SpringApplicationBuilder worker() {
        return new SpringApplicationBuilder(Worker.class, Listening.class)
                .main(Worker.class)
                .listeners(new RequiredSettings(
                        "spring.kafka.bootstrap-servers", "spring.datasource.url", "tracker.registry.url"));
    }

    static void serve(SpringProperties properties) {
        worker().run(properties.arguments());
    }
}

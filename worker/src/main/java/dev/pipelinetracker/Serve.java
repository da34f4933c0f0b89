package dev.pipelinetracker;

import dev.pipelinetracker.listen.Listening;
import org.springframework.boot.builder.SpringApplicationBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code serve}: consumes all feeds until it is told to stop. */
@Command(
        name = "serve",
        description = {
            "Consumes all feeds until SIGTERM (the default command).",
            "Configured by --name=value, environment variables or a configtree, as in the README."
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

package dev.pipelinetracker;

import dev.pipelinetracker.listen.Listening;
import java.util.Set;
import org.springframework.boot.SpringApplication;
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
final class Serve implements Runnable {

    @Mixin
    private SpringProperties properties = new SpringProperties();

    @Override
    public void run() {
        serve(properties);
    }

    static void serve(SpringProperties properties) {
        SpringApplication application = new SpringApplication(Worker.class);
        application.addPrimarySources(Set.of(Listening.class));
        application.addListeners(new RequiredSettings(
                "spring.kafka.bootstrap-servers", "spring.datasource.url", "tracker.registry.url"));
        application.run(properties.arguments());
    }
}

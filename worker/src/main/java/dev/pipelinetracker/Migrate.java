package dev.pipelinetracker;

import dev.pipelinetracker.database.Migrations;
import javax.sql.DataSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code migrate}: brings the database up to what this worker needs, and ends. */
@Command(
        name = "migrate",
        description = {
            "Creates or upgrades the database's tables, and ends. Needs spring.datasource.* of a role that may do so.",
            "serve does the same at its start, if its role may."
        },
        mixinStandardHelpOptions = true)
final class Migrate implements Runnable {

    @Mixin
    private SpringProperties properties = new SpringProperties();

    @Override
    public void run() {
        SpringApplicationBuilder application = new SpringApplicationBuilder(DatabaseOnly.class)
                .web(WebApplicationType.NONE)
                .listeners(new RequiredSettings("spring.datasource.url"));
        try (ConfigurableApplicationContext context = application.run(properties.arguments())) {
            new Migrations(context.getBean(DataSource.class)).migrate();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration(DataSourceAutoConfiguration.class)
    static class DatabaseOnly {}
}

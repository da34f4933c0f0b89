package dev.pipelinetracker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** {@code migrate} as a command line, on a database of the framework's that another program writes to. */
class MigrateTest {

    private final Database database = RealPostgres.frameworksDatabase();
    private final String writer = "writer_" + UUID.randomUUID().toString().replace('-', '_');
    private String out = "";
    private String err = "";

    @BeforeEach
    void makeAWriter() {
        sql("CREATE ROLE %s LOGIN".formatted(writer));
        sql("GRANT SELECT, INSERT ON analytics_pipeline_history TO " + writer);
    }

    /** Roles are the server's, which other tests share. */
    @AfterEach
    void dropTheWriter() {
        sql("DROP OWNED BY " + writer);
        sql("DROP ROLE " + writer);
    }

    @Test
    void withRowLevelSecurityAWriterThatWouldBeBlindIsForeseenBeforeAnythingIsAdopted() {
        run(3, "--plan", "--row-level-security");
        assertThat(out)
                .contains("adopt the tables of schema 2.0 as they are")
                .contains("create the roles tracker_worker, tracker_reader, tracker_operator and row-level security");
        assertThat(err).contains("refused: ", writer, "GRANT tracker_worker TO " + writer + ";");

        run(3, "--row-level-security");
        assertThat(err).contains("Nothing was changed", "GRANT tracker_worker TO " + writer + ";");
        assertThat(isAdopted()).isFalse();

        run(0, "--plan");
        assertThat(isAdopted()).isFalse();
        run(0);
        assertThat(isAdopted())
                .as("without row-level security it is blinded by nothing")
                .isTrue();
    }

    private boolean isAdopted() {
        return database.sql()
                .sql("SELECT to_regclass('public.tracker_run_identity') IS NOT NULL")
                .query(Boolean.class)
                .single();
    }

    private void sql(String statement) {
        database.sql().sql(statement).update();
    }

    private void run(int exitCode, String... options) {
        ByteArrayOutputStream results = new ByteArrayOutputStream();
        StringWriter errors = new StringWriter();
        PrintStream before = System.out;
        System.setOut(new PrintStream(results, true, StandardCharsets.UTF_8));
        try {
            CommandLine migrate = SpringProperties.accept(new CommandLine(new Migrate()))
                    .setExecutionExceptionHandler(new ExplainFailure())
                    .setErr(new PrintWriter(errors, true));
            String[] line = java.util.Arrays.copyOf(options, options.length + 3);
            line[options.length] = "--spring.datasource.url=" + database.jdbcUrl();
            line[options.length + 1] = "--spring.datasource.username=" + database.user();
            line[options.length + 2] = "--spring.datasource.password=" + database.password();
            assertThat(migrate.execute(line)).as(errors.toString()).isEqualTo(exitCode);
        } finally {
            System.setOut(before);
        }
        out = results.toString(StandardCharsets.UTF_8);
        err = errors.toString();
    }
}

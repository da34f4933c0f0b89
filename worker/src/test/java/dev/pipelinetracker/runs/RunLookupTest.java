package dev.pipelinetracker.runs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.support.RealPostgres;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.io.ClassPathResource;

/** The plan that a worker's session keeps reads stored runs by their identity, however small the table is when it is made. */
class RunLookupTest {

    private static final Pattern INDEX = Pattern.compile("Index Scan (?:using|on) (\\w*(?:history|tracker)\\w*)");

    @ParameterizedTest
    @ValueSource(ints = {0, 50, 140, 200, 300, 600, 1_000, 5_000})
    void readsByIdentityWhateverTheSizeOfTheTable(int rows) throws IOException, SQLException {
        RealPostgres.Database database = RealPostgres.freshDatabase();
        database.organization("one");
        database.sql().sql("""
                        INSERT INTO analytics_pipeline_history (org_id, source_id, source_name, pipeline_id, status, timestamp)
                        SELECT id, 'source-' || n % 20, 'Orders', gen_random_uuid(), 'running', now()
                        FROM organizations, generate_series(1, ?) AS n
                        """).param(rows).update();
        List<String> used = new ArrayList<>();
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sessionSettings() + "; SET plan_cache_mode = force_generic_plan");
            PipelineRuns runs = new PipelineRuns(new RunMeters(new SimpleMeterRegistry(), database.sql()));
            int columns = runs.upsert().columns().size();
            String sql = runs.upsert().sql();
            for (int i = 1; i <= columns; i++) {
                sql = sql.replaceFirst("\\?", "\\$" + i);
            }
            statement.execute("PREPARE upsert AS " + sql);
            try (ResultSet plan =
                    statement.executeQuery("EXPLAIN EXECUTE upsert(" + "NULL, ".repeat(columns - 1) + "NULL)")) {
                while (plan.next()) {
                    INDEX.matcher(plan.getString(1)).results().forEach(found -> used.add(found.group(1)));
                }
            }
        }
        assertThat(used).containsExactly("tracker_run_identity");
    }

    /** As in the worker's own defaults. */
    private static String sessionSettings() throws IOException {
        Object sql = new YamlPropertySourceLoader()
                .load("defaults", new ClassPathResource("application.yaml"))
                .get(0)
                .getProperty("spring.datasource.hikari.connection-init-sql");
        return String.valueOf(sql);
    }
}

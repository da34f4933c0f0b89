package dev.pipelinetracker.erasure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class TenantRowsTest {

    /** migrate asks for no more than organizations and the feeds' tables. */
    @Test
    void anAdoptedDatabaseNeedNotHaveTheFrameworksOtherTables() {
        Database database = RealPostgres.freshDatabase();
        UUID acme = database.organization("Acme");
        database.sql()
                .sql("DROP TABLE org_memberships, analytics_data_sources CASCADE")
                .update();
        TenantRows rows = new TenantRows(database.dataSource(), acme, List.of("analytics_visualizations"));

        assertThat(rows.count().all()).isEqualTo(1);
        assertThat(rows.deleteRest().all()).isEqualTo(1);
    }
}

package dev.pipelinetracker.database;

import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;

/**
 * After a failover a pooled connection may lead to what has become a standby. HikariCP does not take SQLState 25006
 * (read_only_sql_transaction) for a broken connection by itself, and would lend it again for ever.
 */
public final class EvictReadOnlyConnections implements SQLExceptionOverride {

    private static final String READ_ONLY_SQL_TRANSACTION = "25006";

    // java.lang's by its full name: the interface has an Override of its own
    @java.lang.Override
    public Override adjudicate(SQLException fault) {
        return READ_ONLY_SQL_TRANSACTION.equals(fault.getSQLState()) ? Override.MUST_EVICT : Override.CONTINUE_EVICT;
    }
}

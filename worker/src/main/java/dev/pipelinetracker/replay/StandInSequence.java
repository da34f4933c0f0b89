package dev.pipelinetracker.replay;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What a sequence gives out no roll-back brings back. A temporary sequence of the same name is found before the real one,
 * so that what is rolled back uses none of its values; its own are negative, as no row's are.
 */
final class StandInSequence {

    private final JdbcClient sql;
    private final String table;

    /** Of that table's id. */
    StandInSequence(JdbcClient sql, String table) {
        this.sql = sql;
        this.table = table;
    }

    /** For the rest of the transaction, in which nothing may have been written yet. */
    void create() {
        sql.sql("""
                        SELECT set_config('tracker.stand_in', relname, true)
                        FROM pg_class WHERE oid = pg_get_serial_sequence(?, 'id')::regclass
                        """).param("public." + table).query(String.class).single();
        sql.sql("""
                        DO $$ BEGIN
                          EXECUTE format('CREATE TEMPORARY SEQUENCE %I INCREMENT -1 MINVALUE -2147483648 MAXVALUE -1 START -1',
                                         current_setting('tracker.stand_in'));
                        END $$
                        """).update();
    }
}

package dev.pipelinetracker.replay;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A temporary table of a feed's table's name, with a temporary sequence for its ids, as no roll-back brings back what a
 * sequence gave out. The feed's own statement, let loose on it, locks and writes nothing of the real table, and reads of it
 * only what was put in here. New rows have negative ids, as no real row has, each lower than the one before.
 */
final class StandIn {

    private final JdbcClient sql;
    private final String table;

    /** Of that table, in the session that all the calls are made in. */
    StandIn(JdbcClient sql, String table) {
        this.sql = sql;
        this.table = table;
    }

    /** Makes them, empty; needs the privilege TEMPORARY on the database. */
    void create() {
        sql.sql("CREATE TEMPORARY TABLE %1$s (LIKE public.%1$s INCLUDING ALL)".formatted(table))
                .update();
        sql.sql("""
                        DO $$ BEGIN
                          EXECUTE (SELECT format('CREATE TEMPORARY SEQUENCE %%I INCREMENT -1 MINVALUE -2147483648 MAXVALUE -1 START -1', relname)
                                   FROM pg_class WHERE oid = pg_get_serial_sequence('public.%s', 'id')::regclass);
                        END $$
                        """.formatted(table)).update();
    }

    /** Until the transaction's end they are found before the real ones, whatever this role's search_path says. */
    void comeFirst() {
        sql.sql("SELECT set_config('search_path', 'pg_temp, ' || current_setting('search_path'), true)")
                .query(String.class)
                .single();
    }

    /**
     * Which rows are the same: a condition on {@code o} and {@code p}, of the columns of the unique index that is not the
     * primary key's.
     */
    String identity() {
        return sql.sql("""
                        SELECT string_agg(format(CASE WHEN a.attnotnull THEN 'p.%1$I = o.%1$I'
                                                      ELSE '(p.%1$I = o.%1$I OR p.%1$I IS NULL AND o.%1$I IS NULL)' END,
                                                 a.attname), ' AND ')
                        FROM pg_index i
                        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                        WHERE i.indrelid = ('public.' || ?)::regclass AND i.indisunique AND NOT i.indisprimary
                        """).param(table).query(String.class).single();
    }
}

package dev.pipelinetracker.faults;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What the fault tests add to a database: triggers that note a row that goes back in version, that refuse a row whose
 * source_name asks for it, and that make whole statements fail with a chosen SQLState, so and so often.
 */
final class Injections {

    /** A run whose source_name is this and an SQLState is refused with that state. */
    static final String POISON = "poison:";

    private final JdbcClient database;

    Injections(JdbcClient database) {
        this.database = database;
    }

    /** Puts the triggers in place; once for a template of databases. */
    static void install(JdbcClient database) {
        database.sql("""
                CREATE SCHEMA faults;
                CREATE TABLE faults.went_back (row_table text, key text, was int, became int);
                CREATE TABLE faults.injected (state text, named boolean, times int);
                INSERT INTO faults.injected VALUES ('00000', false, 0);
                CREATE SEQUENCE faults.raised;
                CREATE SEQUENCE faults.statements;

                CREATE FUNCTION faults.poison() RETURNS trigger LANGUAGE plpgsql AS $$
                DECLARE state text := substr(NEW.source_name, 8, 5);
                BEGIN
                  IF NEW.source_name LIKE 'poison:%' THEN
                    IF state = '23514' THEN
                      RAISE EXCEPTION 'injected' USING ERRCODE = state, CONSTRAINT = 'no_poison';
                    END IF;
                    RAISE EXCEPTION 'injected' USING ERRCODE = state;
                  END IF;
                  RETURN NEW;
                END $$;
                CREATE TRIGGER poison BEFORE INSERT OR UPDATE ON analytics_pipeline_history
                  FOR EACH ROW EXECUTE FUNCTION faults.poison();

                -- sequences keep their values when the statement fails: that is what makes them count failures
                CREATE FUNCTION faults.statement() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
                DECLARE plan faults.injected;
                BEGIN
                  PERFORM nextval('faults.statements');
                  SELECT * INTO plan FROM faults.injected;
                  IF plan.times > 0 AND nextval('faults.raised') <= plan.times THEN
                    RAISE EXCEPTION 'injected' USING ERRCODE = plan.state;
                  END IF;
                  RETURN NULL;
                END $$;
                CREATE TRIGGER statement BEFORE INSERT ON analytics_pipeline_history
                  FOR EACH STATEMENT EXECUTE FUNCTION faults.statement();
                """).update();
        for (Kind kind : Kind.values()) {
            database.sql("""
                    CREATE FUNCTION faults.%1$s_went_back() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
                    BEGIN
                      IF %2$s <= %3$s THEN
                        INSERT INTO faults.went_back VALUES (TG_TABLE_NAME, NEW.source_id, %3$s, %2$s);
                      END IF;
                      RETURN NULL;
                    END $$;
                    CREATE TRIGGER went_back AFTER UPDATE ON %4$s
                      FOR EACH ROW EXECUTE FUNCTION faults.%1$s_went_back();
                    """.formatted(
                                    kind.name(),
                                    kind.sqlVersion().replace("r.", "NEW."),
                                    kind.sqlVersion().replace("r.", "OLD."),
                                    kind.table()))
                    .update();
        }
    }

    /** The next statements into the runs' table fail, so many of them. */
    void raise(String sqlState, int times) {
        database.sql("SELECT setval('faults.raised', 1, false)")
                .query(Long.class)
                .single();
        database.sql("UPDATE faults.injected SET state = ?, times = ?")
                .params(sqlState, times)
                .update();
    }

    /** No more statements fail. */
    void stopRaising() {
        database.sql("UPDATE faults.injected SET times = 0").update();
    }

    /** Statements into the runs' table so far, failed ones too. */
    long statements() {
        return database.sql("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM faults.statements")
                .query(Long.class)
                .single();
    }
}

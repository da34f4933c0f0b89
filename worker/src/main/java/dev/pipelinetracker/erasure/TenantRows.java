package dev.pipelinetracker.erasure;

import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Everything in the database that belongs to one organization. */
final class TenantRows {

    /** Of an organization's data, but no feed's; a database that was adopted need not have them. */
    private static final List<String> OTHERS = List.of("analytics_data_sources", "org_memberships");

    // Rows that somebody has locked are left for the last transaction: waiting for them while holding others could
    // deadlock with a worker's upsert.
    private static final String CHUNK = """
            DELETE FROM public.%1$s WHERE id IN (
              SELECT id FROM public.%1$s WHERE org_id = ? LIMIT ? FOR UPDATE SKIP LOCKED)
            """;

    // no new row of it can be inserted from now on: the foreign keys wait for this lock, and then find nothing
    private static final String LOCK =
            "SELECT count(*) FROM (SELECT FROM public.organizations WHERE id = ? FOR UPDATE) o";

    private final JdbcClient sql;
    private final UUID organization;
    private final List<String> feedsTables;

    /** @param feedsTables the tables that grow with the events, each with an id and an org_id */
    TenantRows(DataSource database, UUID organization, List<String> feedsTables) {
        this.sql = JdbcClient.create(database);
        this.organization = organization;
        this.feedsTables = List.copyOf(feedsTables);
    }

    RowCounts count() {
        RowCounts rows = RowCounts.NONE;
        for (String table : tables()) {
            rows = rows.plus(table, count("public.%s WHERE org_id = ?".formatted(table)));
        }
        rows = rows.plus("organizations", count("public.organizations WHERE id = ?"));
        return wasAdopted()
                ? rows.plus(
                        "adoption_conflicts", count("tracker.adoption_conflicts WHERE row_data ->> 'org_id' = ?::text"))
                : rows;
    }

    /** Deletes at most so many rows of a feed's table, none that is locked; call it in a transaction. */
    RowCounts deleteSome(String table, int most) {
        return RowCounts.NONE.plus(
                table,
                sql.sql(CHUNK.formatted(table)).params(organization, most).update());
    }

    /**
     * Deletes all that is left, and the organization itself, so that no event brings a row back; call it in a transaction.
     *
     * @throws org.springframework.dao.DataIntegrityViolationException if another table refers to it
     */
    RowCounts deleteRest() {
        long unusedThere = sql.sql(LOCK).param(organization).query(Long.class).single();
        RowCounts rest = RowCounts.NONE;
        for (String table : tables()) {
            rest = rest.plus(table, delete("public.%s WHERE org_id = ?".formatted(table)));
        }
        rest = rest.plus("organizations", delete("public.organizations WHERE id = ?"));
        return wasAdopted()
                ? rest.plus(
                        "adoption_conflicts",
                        delete("tracker.adoption_conflicts WHERE row_data ->> 'org_id' = ?::text"))
                : rest;
    }

    private List<String> tables() {
        return Stream.concat(feedsTables.stream(), OTHERS.stream().filter(table -> exists("public." + table)))
                .toList();
    }

    private boolean wasAdopted() {
        return exists("tracker.adoption_conflicts");
    }

    private boolean exists(String table) {
        return sql.sql("SELECT to_regclass(?) IS NOT NULL")
                .param(table)
                .query(Boolean.class)
                .single();
    }

    private long count(String rows) {
        return sql.sql("SELECT count(*) FROM " + rows)
                .param(organization)
                .query(Long.class)
                .single();
    }

    private long delete(String rows) {
        return sql.sql("DELETE FROM " + rows).param(organization).update();
    }
}

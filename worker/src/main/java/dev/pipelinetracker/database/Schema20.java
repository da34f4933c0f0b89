package dev.pipelinetracker.database;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What the worker relies on in a schema 2.0 that it did not make: the tables it reads and writes, with their columns, ids
 * and uniqueness. Indexes for readers, defaults and the other tables are the owner's business.
 */
final class Schema20 {

    /** All tables of the document. */
    static final List<String> TABLES = List.of(
            "organizations",
            "users",
            "org_memberships",
            "analytics_data_sources",
            "analytics_pipeline_history",
            "analytics_source_insights",
            "analytics_visualizations");

    private static final Set<String> COLUMNS = Set.of("""
            organizations.id uuid NOT NULL
            analytics_pipeline_history.id integer NOT NULL
            analytics_pipeline_history.org_id uuid NOT NULL
            analytics_pipeline_history.source_id character varying(50) NOT NULL
            analytics_pipeline_history.source_name character varying(255) NOT NULL
            analytics_pipeline_history.pipeline_id uuid
            analytics_pipeline_history.status character varying(20) NOT NULL
            analytics_pipeline_history.records_processed integer
            analytics_pipeline_history.duration_seconds double precision
            analytics_pipeline_history.error_message text
            analytics_pipeline_history.run_type character varying(50)
            analytics_pipeline_history.timestamp timestamp without time zone NOT NULL
            analytics_source_insights.id integer NOT NULL
            analytics_source_insights.source_id character varying(50) NOT NULL
            analytics_source_insights.org_id uuid NOT NULL
            analytics_source_insights.source_name character varying(255)
            analytics_source_insights.source_icon character varying(10)
            analytics_source_insights.data_summary text
            analytics_source_insights.insights jsonb
            analytics_source_insights.records_analyzed integer
            analytics_source_insights.generated_from character varying(10)
            analytics_source_insights.generated_at timestamp without time zone
            analytics_visualizations.id integer NOT NULL
            analytics_visualizations.source_id character varying(50) NOT NULL
            analytics_visualizations.org_id uuid NOT NULL
            analytics_visualizations.chart_type character varying(50) NOT NULL
            analytics_visualizations.chart_title character varying(255)
            analytics_visualizations.x_column character varying(100)
            analytics_visualizations.y_column character varying(100)
            analytics_visualizations.chart_config jsonb NOT NULL
            analytics_visualizations.generated_at timestamp without time zone
            """.split("\n"));

    private Schema20() {}

    /** How the database differs from what the worker relies on, a line for each; none if it can be adopted. */
    static List<String> differences(JdbcClient database) {
        List<String> differences = new ArrayList<>();
        Set<String> missing = new HashSet<>(COLUMNS);
        missing.removeAll(columns(database));
        missing.stream().sorted().forEach(column -> differences.add("missing or different: " + column));
        differences.addAll(database.sql("""
                        SELECT format('%s.%s is NOT NULL and has no default, and the worker does not fill it', c.relname, a.attname)
                        FROM pg_catalog.pg_class c
                        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                        WHERE c.relnamespace = 'public'::regnamespace AND c.relname LIKE 'analytics\\_%' AND c.relname IN (:tables)
                          AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
                          AND c.relname || '.' || a.attname NOT IN (:known)
                        ORDER BY 1
                        """)
                .param("tables", writtenTables())
                .param(
                        "known",
                        COLUMNS.stream().map(column -> column.split(" ", 2)[0]).toList())
                .query(String.class)
                .list());
        // only now: the columns that these ask for are there
        if (differences.isEmpty()) {
            differences.addAll(unlikeIds(database));
            differences.addAll(missingUniqueness(database));
        }
        return differences;
    }

    private static List<String> columns(JdbcClient database) {
        return database.sql("""
                        SELECT format('%s.%s %s%s', c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
                            CASE WHEN a.attnotnull THEN ' NOT NULL' END)
                        FROM pg_catalog.pg_class c
                        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                        """).query(String.class).list();
    }

    private static List<String> unlikeIds(JdbcClient database) {
        return database.sql("""
                        SELECT format('%s.id has no sequence named %s_id_seq', name, name)
                        FROM unnest(ARRAY[:tables]) AS t (name)
                        WHERE pg_catalog.pg_get_serial_sequence('public.' || name, 'id')
                              IS DISTINCT FROM 'public.' || name || '_id_seq'
                        ORDER BY 1
                        """)
                .param("tables", writtenTables())
                .query(String.class)
                .list();
    }

    private static List<String> missingUniqueness(JdbcClient database) {
        return database.sql("""
                        SELECT 'analytics_source_insights is not unique by (source_id, org_id)'
                        WHERE NOT EXISTS (
                          SELECT FROM pg_catalog.pg_index i
                          WHERE i.indrelid = 'public.analytics_source_insights'::regclass
                            AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
                            AND (SELECT array_agg(a.attname::text ORDER BY a.attname)
                                 FROM pg_catalog.pg_attribute a
                                 WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)) = '{org_id,source_id}')
                        """).query(String.class).list();
    }

    /** Those that a feed of this worker's writes. */
    static List<String> writtenTables() {
        return TABLES.stream()
                .filter(table -> table.startsWith("analytics_") && !table.equals("analytics_data_sources"))
                .toList();
    }
}

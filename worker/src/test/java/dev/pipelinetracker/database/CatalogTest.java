package dev.pipelinetracker.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * PostgreSQL's catalog against the document of schema 2.0 (2025-12-19), whole: nothing missing, and nothing beyond it but
 * what is marked as the worker's.
 */
class CatalogTest {

    private static final Database DATABASE = RealPostgres.freshDatabase();

    /** Every column of every table, in the document's order. */
    @Test
    void theTablesAndColumnsAreTheDocuments() {
        List<String> columns = catalog("""
                SELECT format('%s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                    CASE WHEN a.attnotnull THEN ' NOT NULL' END, ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid))
                    || CASE WHEN a.attidentity <> '' OR a.attgenerated <> '' THEN ' GENERATED' ELSE '' END
                FROM pg_class c
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind NOT IN ('i', 'S')
                ORDER BY array_position(ARRAY['organizations', 'users', 'org_memberships', 'analytics_data_sources',
                    'analytics_pipeline_history', 'analytics_source_insights', 'analytics_visualizations'], c.relname::text),
                    c.relname, a.attnum
                """);

        assertThat(columns).containsExactlyElementsOf("""
                organizations.id uuid NOT NULL DEFAULT gen_random_uuid()
                organizations.name character varying(255) NOT NULL
                organizations.slug character varying(100) NOT NULL
                organizations.industry character varying(100)
                organizations.created_at timestamp without time zone DEFAULT now()
                organizations.updated_at timestamp without time zone DEFAULT now()
                users.id uuid NOT NULL DEFAULT gen_random_uuid()
                users.email character varying(255) NOT NULL
                users.name character varying(255)
                users.password_hash character varying(255)
                users.auth_provider character varying(50) DEFAULT 'local'::character varying
                users.auth_provider_id character varying(255)
                users.created_at timestamp without time zone DEFAULT now()
                users.updated_at timestamp without time zone DEFAULT now()
                org_memberships.id uuid NOT NULL DEFAULT gen_random_uuid()
                org_memberships.user_id uuid NOT NULL
                org_memberships.org_id uuid NOT NULL
                org_memberships.role character varying(50) DEFAULT 'member'::character varying
                org_memberships.created_at timestamp without time zone DEFAULT now()
                analytics_data_sources.id character varying(50) NOT NULL
                analytics_data_sources.org_id uuid NOT NULL
                analytics_data_sources.name character varying(255) NOT NULL
                analytics_data_sources.icon character varying(10)
                analytics_data_sources.description text
                analytics_data_sources.file_path text
                analytics_data_sources.config jsonb NOT NULL
                analytics_data_sources.created_at timestamp without time zone DEFAULT now()
                analytics_data_sources.updated_at timestamp without time zone DEFAULT now()
                analytics_pipeline_history.id integer NOT NULL DEFAULT nextval('analytics_pipeline_history_id_seq'::regclass)
                analytics_pipeline_history.org_id uuid NOT NULL
                analytics_pipeline_history.source_id character varying(50) NOT NULL
                analytics_pipeline_history.source_name character varying(255) NOT NULL
                analytics_pipeline_history.pipeline_id uuid
                analytics_pipeline_history.status character varying(20) NOT NULL
                analytics_pipeline_history.records_processed integer DEFAULT 0
                analytics_pipeline_history.duration_seconds double precision DEFAULT 0
                analytics_pipeline_history.error_message text
                analytics_pipeline_history.run_type character varying(50)
                analytics_pipeline_history.timestamp timestamp without time zone NOT NULL
                analytics_pipeline_history.created_at timestamp without time zone DEFAULT now()
                analytics_source_insights.id integer NOT NULL DEFAULT nextval('analytics_source_insights_id_seq'::regclass)
                analytics_source_insights.source_id character varying(50) NOT NULL
                analytics_source_insights.org_id uuid NOT NULL
                analytics_source_insights.source_name character varying(255)
                analytics_source_insights.source_icon character varying(10)
                analytics_source_insights.data_summary text
                analytics_source_insights.insights jsonb
                analytics_source_insights.records_analyzed integer DEFAULT 0
                analytics_source_insights.generated_from character varying(10)
                analytics_source_insights.generated_at timestamp without time zone DEFAULT now()
                analytics_visualizations.id integer NOT NULL DEFAULT nextval('analytics_visualizations_id_seq'::regclass)
                analytics_visualizations.source_id character varying(50) NOT NULL
                analytics_visualizations.org_id uuid NOT NULL
                analytics_visualizations.chart_type character varying(50) NOT NULL
                analytics_visualizations.chart_title character varying(255)
                analytics_visualizations.x_column character varying(100)
                analytics_visualizations.y_column character varying(100)
                analytics_visualizations.chart_config jsonb NOT NULL
                analytics_visualizations.generated_at timestamp without time zone DEFAULT now()
                """.lines().toList());
    }

    /** NULLS NOT DISTINCT is the worker's; the NOT NULLs, which PostgreSQL 18 lists here too, are among the columns. */
    @Test
    void theConstraintsAreTheDocuments() {
        assertCatalog("""
                SELECT format('%s %s%s', conrelid::regclass, pg_get_constraintdef(oid),
                    CASE WHEN condeferrable OR NOT convalidated THEN ' (deferrable or not valid)' END)
                FROM pg_constraint
                WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
                """, """
                analytics_data_sources PRIMARY KEY (id, org_id)
                analytics_data_sources FOREIGN KEY (org_id) REFERENCES organizations(id)
                analytics_pipeline_history PRIMARY KEY (id)
                analytics_pipeline_history FOREIGN KEY (org_id) REFERENCES organizations(id)
                analytics_source_insights PRIMARY KEY (id)
                analytics_source_insights UNIQUE (source_id, org_id)
                analytics_source_insights FOREIGN KEY (org_id) REFERENCES organizations(id)
                analytics_visualizations PRIMARY KEY (id)
                analytics_visualizations UNIQUE NULLS NOT DISTINCT (source_id, org_id, chart_type, x_column, y_column)
                analytics_visualizations FOREIGN KEY (org_id) REFERENCES organizations(id)
                org_memberships PRIMARY KEY (id)
                org_memberships UNIQUE (user_id, org_id)
                org_memberships FOREIGN KEY (org_id) REFERENCES organizations(id) ON DELETE CASCADE
                org_memberships FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
                organizations PRIMARY KEY (id)
                organizations UNIQUE (slug)
                users PRIMARY KEY (id)
                users UNIQUE (email)
                """);
    }

    /** Those that no constraint brings with it. The two named tracker_ are the worker's. */
    @Test
    void theIndexesAreTheDocuments() {
        assertCatalog("""
                SELECT pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid AND i.indisready THEN '' ELSE ' (not valid)' END
                FROM pg_index i
                JOIN pg_class c ON c.oid = i.indexrelid
                WHERE c.relnamespace = 'public'::regnamespace
                  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u', 'x'))
                """, """
                CREATE INDEX idx_data_sources_org ON public.analytics_data_sources USING btree (org_id)
                CREATE INDEX idx_history_org_time ON public.analytics_pipeline_history USING btree (org_id, "timestamp" DESC)
                CREATE INDEX idx_history_source ON public.analytics_pipeline_history USING btree (source_id)
                CREATE INDEX idx_insights_org ON public.analytics_source_insights USING btree (org_id)
                CREATE INDEX idx_membership_org ON public.org_memberships USING btree (org_id)
                CREATE INDEX idx_membership_user ON public.org_memberships USING btree (user_id)
                CREATE INDEX idx_org_industry ON public.organizations USING btree (industry)
                CREATE INDEX idx_org_slug ON public.organizations USING btree (slug)
                CREATE INDEX idx_users_email ON public.users USING btree (email)
                CREATE INDEX idx_viz_source_org ON public.analytics_visualizations USING btree (source_id, org_id)
                CREATE INDEX tracker_open_runs ON public.analytics_pipeline_history USING btree (org_id) WHERE ((status)::text = 'running'::text)
                CREATE UNIQUE INDEX tracker_run_identity ON public.analytics_pipeline_history USING btree (org_id, pipeline_id, source_id)
                """);
    }

    @Test
    void theTriggersAreTheDocuments() {
        assertCatalog("""
                SELECT pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'O' THEN '' ELSE ' (disabled)' END
                FROM pg_trigger t
                WHERE NOT t.tgisinternal
                """, """
                CREATE TRIGGER update_analytics_data_sources_updated_at BEFORE UPDATE ON public.analytics_data_sources FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
                CREATE TRIGGER update_organizations_updated_at BEFORE UPDATE ON public.organizations FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
                CREATE TRIGGER update_users_updated_at BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
                """);
    }

    /** SERIAL: a sequence of integers, which goes when its column goes. */
    @Test
    void theSequencesAreThoseOfTheSerialColumns() {
        assertCatalog("""
                SELECT format('%s %s owned by %s.%s', s.seqrelid::regclass, s.seqtypid::regtype, d.refobjid::regclass, a.attname)
                FROM pg_sequence s
                LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype IN ('a', 'i')
                LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                """, """
                analytics_pipeline_history_id_seq integer owned by analytics_pipeline_history.id
                analytics_source_insights_id_seq integer owned by analytics_source_insights.id
                analytics_visualizations_id_seq integer owned by analytics_visualizations.id
                tracker.erasures_id_seq bigint owned by tracker.erasures.id
                tracker.replays_id_seq bigint owned by tracker.replays.id
                """);
    }

    /** Tables, views and the like, functions and types of their own, policies, extensions. */
    @Test
    void thereIsNothingElseButTheWorkersHistoryInASchemaOfItsOwn() {
        assertCatalog("""
                SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)'
                UNION ALL
                SELECT format('%s %s.%s', CASE relkind WHEN 'r' THEN 'table' ELSE relkind::text END, relnamespace::regnamespace, relname)
                FROM pg_class WHERE relkind NOT IN ('i', 'S') AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)')
                UNION ALL
                SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE oid >= 16384
                UNION ALL
                SELECT 'type ' || oid::regtype FROM pg_type WHERE oid >= 16384 AND typtype <> 'c' AND typelem = 0
                UNION ALL
                SELECT 'policy ' || polname FROM pg_policy
                UNION ALL
                SELECT 'extension ' || extname FROM pg_extension
                """, """
                extension plpgsql
                function update_updated_at_column()
                schema public
                schema tracker
                table public.analytics_data_sources
                table public.analytics_pipeline_history
                table public.analytics_source_insights
                table public.analytics_visualizations
                table public.org_memberships
                table public.organizations
                table public.users
                table tracker.erasures
                table tracker.flyway_schema_history
                table tracker.redriven
                table tracker.replay_partitions
                table tracker.replays
                """);
    }

    private static void assertCatalog(String query, String expected) {
        assertThat(catalog(query))
                .containsExactlyInAnyOrderElementsOf(expected.lines().toList());
    }

    private static List<String> catalog(String query) {
        return DATABASE.sql().sql(query).query(String.class).list();
    }
}

-- Roles and row-level security, by choice: migrate --row-level-security. May be run again, and is, by each migrate that follows.
-- The roles cannot log in: logins are made members of them. The owner of the tables, who migrates, is bound by nothing here.

DO $$
DECLARE
    wanted text;
    secured record;
    -- an organization that is not set, or set to nothing, is none
    own CONSTANT text := 'nullif(current_setting(''tracker.org_id'', true), '''')::uuid';
BEGIN
    FOREACH wanted IN ARRAY ARRAY['tracker_worker', 'tracker_reader', 'tracker_operator'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        END IF;
    END LOOP;

    -- replay --dry-run and replay verify compare in temporary tables
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO tracker_operator', current_database());

    -- every table of an organization's data, and the organizations themselves
    FOR secured IN
        SELECT c.oid::regclass AS "table", a.attname AS tenant
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND (a.attname = 'org_id' OR c.relname = 'organizations' AND a.attname = 'id')
          AND c.relname IN ('organizations', 'org_memberships', 'analytics_data_sources',
              'analytics_pipeline_history', 'analytics_source_insights', 'analytics_visualizations')
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', secured."table");
        EXECUTE format('DROP POLICY IF EXISTS tracker_reader ON %s', secured."table");
        EXECUTE format('CREATE POLICY tracker_reader ON %s FOR SELECT TO tracker_reader USING (%I = %s)',
            secured."table", secured.tenant, own);
        EXECUTE format('DROP POLICY IF EXISTS tracker_all ON %s', secured."table");
        EXECUTE format('CREATE POLICY tracker_all ON %s TO tracker_worker, tracker_operator USING (true) WITH CHECK (true)',
            secured."table");
        EXECUTE format('GRANT SELECT ON %s TO tracker_reader, tracker_operator', secured."table");
        IF secured.tenant = 'org_id' THEN
            -- retention and erasure
            EXECUTE format('GRANT DELETE ON %s TO tracker_operator', secured."table");
        END IF;
    END LOOP;
END
$$;

GRANT USAGE ON SCHEMA public TO tracker_worker, tracker_reader, tracker_operator;
GRANT USAGE ON SCHEMA tracker TO tracker_worker, tracker_operator;

-- The worker: the keys of organizations, and of its three tables all but deleting and changing what identifies a row.
GRANT SELECT (id) ON public.organizations TO tracker_worker;
GRANT SELECT, INSERT ON public.analytics_pipeline_history, public.analytics_source_insights, public.analytics_visualizations
    TO tracker_worker;
GRANT UPDATE (source_name, status, records_processed, duration_seconds, error_message, run_type, "timestamp")
    ON public.analytics_pipeline_history TO tracker_worker;
GRANT UPDATE (source_name, source_icon, data_summary, insights, records_analyzed, generated_from, generated_at)
    ON public.analytics_source_insights TO tracker_worker;
GRANT UPDATE (chart_title, chart_config, generated_at) ON public.analytics_visualizations TO tracker_worker;
GRANT USAGE ON SEQUENCE public.analytics_pipeline_history_id_seq, public.analytics_source_insights_id_seq,
    public.analytics_visualizations_id_seq TO tracker_worker;
GRANT SELECT ON ALL TABLES IN SCHEMA tracker TO tracker_worker;
GRANT INSERT ON tracker.offset_gaps TO tracker_worker;

-- Operators: besides all rows, all that the worker may, and the worker's own tables.
GRANT tracker_worker TO tracker_operator;
-- Erasure deletes the organization last, and locks it before: for which the right to update a column is needed.
GRANT DELETE, UPDATE (updated_at) ON public.organizations TO tracker_operator;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tracker TO tracker_operator;
REVOKE INSERT, UPDATE, DELETE ON tracker.flyway_schema_history FROM tracker_operator;

-- Roles and row-level security, by choice: migrate --row-level-security. May be run again, and is, by each migrate that applies
-- something. A policy that is there is left as it is: it may be the operator's own.
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
    -- operators: besides all rows, all that the worker may. Not again: only an admin of the role may grant it
    IF NOT pg_has_role('tracker_operator', 'tracker_worker', 'MEMBER') THEN
        GRANT tracker_worker TO tracker_operator;
    END IF;

    -- replay --dry-run and replay verify compare in temporary tables
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO tracker_operator', current_database());

    -- the organizations, and every table of an organization's data: those of feeds to come, too, but not those of other owners
    FOR secured IN
        SELECT c.oid, c.oid::regclass AS "table", a.attname AS tenant, c.relrowsecurity
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND (c.relname = 'organizations' AND a.attname = 'id'
               OR (c.relname = 'org_memberships' OR c.relname LIKE 'analytics\_%') AND a.attname = 'org_id')
          AND c.relowner = (SELECT relowner FROM pg_catalog.pg_class WHERE oid = 'public.organizations'::regclass)
    LOOP
        -- only what is missing: each of these locks the table for a moment
        IF NOT secured.relrowsecurity THEN
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', secured."table");
        END IF;
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_policy WHERE polrelid = secured.oid AND polname = 'tracker_reader') THEN
            EXECUTE format('CREATE POLICY tracker_reader ON %s FOR SELECT TO tracker_reader USING (%I = %s)',
                secured."table", secured.tenant, own);
        END IF;
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_policy WHERE polrelid = secured.oid AND polname = 'tracker_all') THEN
            EXECUTE format('CREATE POLICY tracker_all ON %s TO tracker_worker, tracker_operator USING (true) WITH CHECK (true)',
                secured."table");
        END IF;
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

-- The worker: the keys of organizations, and of the feeds' tables all but deleting and changing what identifies a row. A new
-- feed's table is given here, too.
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

-- Erasure deletes the organization last, and locks it before: for which the right to update a column is needed.
GRANT DELETE, UPDATE (updated_at) ON public.organizations TO tracker_operator;

-- The worker's own tables: no more than is needed, whatever an older version gave.
REVOKE ALL ON ALL TABLES IN SCHEMA tracker FROM tracker_worker, tracker_reader, tracker_operator;
GRANT SELECT ON tracker.flyway_schema_history, tracker.replays TO tracker_worker;
GRANT INSERT ON tracker.offset_gaps TO tracker_worker;
GRANT SELECT ON tracker.flyway_schema_history, tracker.offset_gaps TO tracker_operator;
GRANT SELECT, INSERT, UPDATE ON tracker.replays, tracker.replay_partitions, tracker.erasures TO tracker_operator;
GRANT SELECT, INSERT, UPDATE, DELETE ON tracker.redriven TO tracker_operator;
DO $$
BEGIN
    -- of a database that was adopted
    IF to_regclass('tracker.adoption_conflicts') IS NOT NULL THEN
        GRANT SELECT, DELETE ON tracker.adoption_conflicts TO tracker_operator;
    END IF;
END
$$;

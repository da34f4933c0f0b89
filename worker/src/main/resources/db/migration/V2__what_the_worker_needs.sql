-- What the worker needs beyond schema 2.0, and no more.

-- The identity of a run. Rows without a pipeline_id are not the worker's; any number of them may exist.
CREATE UNIQUE INDEX tracker_run_identity ON public.analytics_pipeline_history (org_id, pipeline_id, source_id);
COMMENT ON INDEX public.tracker_run_identity IS 'The identity of a run: the pipeline tracker upserts by it.';

-- A chart without an x or y column is still one chart: the given constraint, which takes nulls for distinct, would let
-- it in again with every event.
ALTER TABLE public.analytics_visualizations
    DROP CONSTRAINT analytics_visualizations_source_id_org_id_chart_type_x_colu_key,
    ADD CONSTRAINT analytics_visualizations_source_id_org_id_chart_type_x_colu_key
        UNIQUE NULLS NOT DISTINCT (source_id, org_id, chart_type, x_column, y_column);

-- Few runs are open at a time: counting them must not read the finished ones.
CREATE INDEX tracker_open_runs ON public.analytics_pipeline_history (org_id) WHERE status = 'running';
COMMENT ON INDEX public.tracker_open_runs IS 'For the gauge tracker_open_runs and for dashboards.';

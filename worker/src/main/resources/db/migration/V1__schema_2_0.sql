-- Schema 2.0 of the AI-ETL Framework, as its own documentation (2025-12-19) gives it: not ours to change, only to fill.
-- Every name is qualified, because Flyway puts the schema of its own history first in the search path.
-- A document that says nothing of a constraint's name or a trigger's gets the name PostgreSQL or habit would give.
-- "TIMESTAMP DEFAULT now()" is in the time zone of the inserting session; the worker's sessions are in UTC.

CREATE FUNCTION public.update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END;
$$;

COMMENT ON FUNCTION public.update_updated_at_column() IS 'Sets updated_at on every UPDATE of a row.';

CREATE TABLE public.organizations (
    id         UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    name       VARCHAR(255) NOT NULL,
    slug       VARCHAR(100) UNIQUE NOT NULL,
    industry   VARCHAR(100),
    created_at TIMESTAMP DEFAULT now(),
    updated_at TIMESTAMP DEFAULT now()
);

CREATE INDEX idx_org_slug ON public.organizations (slug);
CREATE INDEX idx_org_industry ON public.organizations (industry);

CREATE TRIGGER update_organizations_updated_at BEFORE UPDATE ON public.organizations
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

COMMENT ON TABLE public.organizations IS 'The tenants: every analytics row belongs to one.';
COMMENT ON COLUMN public.organizations.slug IS 'URL-friendly identifier.';
COMMENT ON COLUMN public.organizations.industry IS 'healthcare, finance, retail, technology, manufacturing or other.';

CREATE TABLE public.users (
    id               UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    email            VARCHAR(255) UNIQUE NOT NULL,
    name             VARCHAR(255),
    password_hash    VARCHAR(255),
    auth_provider    VARCHAR(50) DEFAULT 'local',
    auth_provider_id VARCHAR(255),
    created_at       TIMESTAMP DEFAULT now(),
    updated_at       TIMESTAMP DEFAULT now()
);

CREATE INDEX idx_users_email ON public.users (email);

CREATE TRIGGER update_users_updated_at BEFORE UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

COMMENT ON TABLE public.users IS 'User accounts, local or by OAuth.';
COMMENT ON COLUMN public.users.password_hash IS 'Null for OAuth.';
COMMENT ON COLUMN public.users.auth_provider IS 'local, google or github.';
COMMENT ON COLUMN public.users.auth_provider_id IS 'The user''s id at the external provider.';

CREATE TABLE public.org_memberships (
    id         UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id    UUID NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    org_id     UUID NOT NULL REFERENCES public.organizations (id) ON DELETE CASCADE,
    role       VARCHAR(50) DEFAULT 'member',
    created_at TIMESTAMP DEFAULT now(),
    UNIQUE (user_id, org_id)
);

CREATE INDEX idx_membership_user ON public.org_memberships (user_id);
CREATE INDEX idx_membership_org ON public.org_memberships (org_id);

COMMENT ON TABLE public.org_memberships IS 'Who belongs to which organization, once each.';
COMMENT ON COLUMN public.org_memberships.role IS 'owner, admin or member.';

CREATE TABLE public.analytics_data_sources (
    id          VARCHAR(50) NOT NULL,
    org_id      UUID NOT NULL REFERENCES public.organizations (id),
    name        VARCHAR(255) NOT NULL,
    icon        VARCHAR(10),
    description TEXT,
    file_path   TEXT,
    config      JSONB NOT NULL,
    created_at  TIMESTAMP DEFAULT now(),
    updated_at  TIMESTAMP DEFAULT now(),
    PRIMARY KEY (id, org_id)
);

CREATE INDEX idx_data_sources_org ON public.analytics_data_sources (org_id);

CREATE TRIGGER update_analytics_data_sources_updated_at BEFORE UPDATE ON public.analytics_data_sources
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

COMMENT ON TABLE public.analytics_data_sources IS 'Data sources of the pipelines, by organization.';
COMMENT ON COLUMN public.analytics_data_sources.config IS 'Transforms and destinations.';

CREATE TABLE public.analytics_pipeline_history (
    id                SERIAL PRIMARY KEY,
    org_id            UUID NOT NULL REFERENCES public.organizations (id),
    source_id         VARCHAR(50) NOT NULL,
    source_name       VARCHAR(255) NOT NULL,
    pipeline_id       UUID,
    status            VARCHAR(20) NOT NULL,
    records_processed INTEGER DEFAULT 0,
    duration_seconds  FLOAT DEFAULT 0,
    error_message     TEXT,
    run_type          VARCHAR(50),
    timestamp         TIMESTAMP NOT NULL,
    created_at        TIMESTAMP DEFAULT now()
);

CREATE INDEX idx_history_org_time ON public.analytics_pipeline_history (org_id, timestamp DESC);
CREATE INDEX idx_history_source ON public.analytics_pipeline_history (source_id);

COMMENT ON TABLE public.analytics_pipeline_history IS
    'Pipeline executions, in their latest known state. Filled by the pipeline tracker from the feed pipeline-runs.';
COMMENT ON COLUMN public.analytics_pipeline_history.pipeline_id IS 'The execution; with org_id and source_id the identity of a run.';
COMMENT ON COLUMN public.analytics_pipeline_history.status IS 'running, failed or completed.';
COMMENT ON COLUMN public.analytics_pipeline_history.run_type IS 'etl, rag or etl+rag.';
COMMENT ON COLUMN public.analytics_pipeline_history.timestamp IS 'When the run reached this status, UTC.';
COMMENT ON COLUMN public.analytics_pipeline_history.created_at IS 'When this row was first written.';

CREATE TABLE public.analytics_source_insights (
    id               SERIAL PRIMARY KEY,
    source_id        VARCHAR(50) NOT NULL,
    org_id           UUID NOT NULL REFERENCES public.organizations (id),
    source_name      VARCHAR(255),
    source_icon      VARCHAR(10),
    data_summary     TEXT,
    insights         JSONB,
    records_analyzed INTEGER DEFAULT 0,
    generated_from   VARCHAR(10),
    generated_at     TIMESTAMP DEFAULT now(),
    UNIQUE (source_id, org_id)
);

CREATE INDEX idx_insights_org ON public.analytics_source_insights (org_id);

COMMENT ON TABLE public.analytics_source_insights IS
    'The latest AI-generated insights of a source. Filled by the pipeline tracker from the feed insights.';
COMMENT ON COLUMN public.analytics_source_insights.data_summary IS 'Two or three sentences.';
COMMENT ON COLUMN public.analytics_source_insights.insights IS 'Array of strings.';
COMMENT ON COLUMN public.analytics_source_insights.generated_from IS 'etl or rag; etl is never replaced by rag.';
COMMENT ON COLUMN public.analytics_source_insights.generated_at IS 'UTC.';

CREATE TABLE public.analytics_visualizations (
    id           SERIAL PRIMARY KEY,
    source_id    VARCHAR(50) NOT NULL,
    org_id       UUID NOT NULL REFERENCES public.organizations (id),
    chart_type   VARCHAR(50) NOT NULL,
    chart_title  VARCHAR(255),
    x_column     VARCHAR(100),
    y_column     VARCHAR(100),
    chart_config JSONB NOT NULL,
    generated_at TIMESTAMP DEFAULT now(),
    -- the name PostgreSQL would give; V2 needs to know it
    CONSTRAINT analytics_visualizations_source_id_org_id_chart_type_x_colu_key
        UNIQUE (source_id, org_id, chart_type, x_column, y_column)
);

CREATE INDEX idx_viz_source_org ON public.analytics_visualizations (source_id, org_id);

COMMENT ON TABLE public.analytics_visualizations IS
    'The latest chart of each kind of a source. Filled by the pipeline tracker from the feed visualizations.';
COMMENT ON COLUMN public.analytics_visualizations.chart_type IS 'bar, line, pie, ...';
COMMENT ON COLUMN public.analytics_visualizations.chart_config IS 'The whole Plotly figure, a JSON object.';
COMMENT ON COLUMN public.analytics_visualizations.generated_at IS 'UTC.';

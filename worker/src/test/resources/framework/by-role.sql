-- The framework's older schema: analytics by role, no user management.
CREATE OR REPLACE FUNCTION update_updated_at_column() RETURNS TRIGGER AS $$
BEGIN NEW.updated_at = CURRENT_TIMESTAMP; RETURN NEW; END;
$$ LANGUAGE plpgsql;

CREATE TABLE analytics_data_sources (
    id VARCHAR(50) NOT NULL, role VARCHAR(50) NOT NULL, name VARCHAR(255) NOT NULL, config JSONB NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (id, role));
CREATE TABLE analytics_pipeline_history (
    id SERIAL PRIMARY KEY, role VARCHAR(50) NOT NULL, source_id VARCHAR(50) NOT NULL, source_name VARCHAR(255) NOT NULL,
    status VARCHAR(20) NOT NULL, records_processed INTEGER DEFAULT 0, duration_seconds FLOAT DEFAULT 0,
    timestamp TIMESTAMP NOT NULL);
CREATE TABLE analytics_source_insights (
    id SERIAL PRIMARY KEY, source_id VARCHAR(50) NOT NULL, role VARCHAR(50) NOT NULL, insights JSONB, UNIQUE(source_id, role));
CREATE TABLE analytics_visualizations (
    id SERIAL PRIMARY KEY, source_id VARCHAR(50) NOT NULL, role VARCHAR(50) NOT NULL, chart_type VARCHAR(50) NOT NULL,
    chart_config JSONB NOT NULL);
CREATE INDEX idx_history_source ON analytics_pipeline_history(source_id);
CREATE TRIGGER update_data_sources_updated_at BEFORE UPDATE ON analytics_data_sources
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

INSERT INTO analytics_data_sources VALUES ('s', 'doctor', 'Claims', '{}');
INSERT INTO analytics_pipeline_history (role, source_id, source_name, status, timestamp)
    SELECT 'doctor', 's', 'Claims', 'completed', TIMESTAMP '2025-01-01' + n * INTERVAL '1 hour' FROM generate_series(1, 7) AS n;

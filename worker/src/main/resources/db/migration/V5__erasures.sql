-- Organizations that were erased: who wanted it, when, why, how much went, and how it ended. Of the organization itself only its id.

CREATE TABLE tracker.erasures (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id       uuid        NOT NULL,
    requested_by text        NOT NULL,
    reason       text,
    started_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    ended_at     timestamptz,
    status       text        NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'done', 'stopped', 'failed')),
    failure      text,
    deleted      jsonb       NOT NULL DEFAULT '{}',
    letters      bigint      NOT NULL DEFAULT 0
);
COMMENT ON TABLE tracker.erasures IS 'Every run of tenant erase. One that was stopped, failed or killed is gone on with by another run, which has a row of its own.';
COMMENT ON COLUMN tracker.erasures.status IS 'running without a process at work: killed, and to be run again.';
COMMENT ON COLUMN tracker.erasures.deleted IS 'Rows deleted, by table: written in the transaction that deletes them.';
COMMENT ON COLUMN tracker.erasures.letters IS 'Dead letters that are not offered again. Kafka deletes them when their topic''s retention is over.';

CREATE INDEX erasures_by_organization ON tracker.erasures (org_id);

ALTER TABLE tracker.redriven
    DROP CONSTRAINT redriven_became_check,
    ADD CONSTRAINT redriven_became_check CHECK (became IN ('stored', 'returned', 'parked', 'erased'));
COMMENT ON COLUMN tracker.redriven.became IS 'stored: its event is in the tables; returned: rejected again, back in the topic as a new letter; parked: in <topic>.dlt.parked; erased: its organization was.';

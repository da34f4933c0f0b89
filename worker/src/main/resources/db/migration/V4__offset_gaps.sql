-- What a feed can no longer process, because Kafka does not have it any more.

CREATE TABLE tracker.offset_gaps (
    feed        text        NOT NULL,
    topic       text        NOT NULL,
    partition   integer     NOT NULL,
    from_offset bigint      NOT NULL,
    to_offset   bigint      NOT NULL,
    reason      text        NOT NULL CHECK (reason IN ('deleted', 'no_offset', 'log_shortened')),
    noticed_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, from_offset, to_offset, reason)
);
COMMENT ON TABLE tracker.offset_gaps IS 'Offsets that were gone before their records were processed; the worker went on at the start of the log. On record before an offset behind them is committed.';
COMMENT ON COLUMN tracker.offset_gaps.to_offset IS 'Exclusive.';
COMMENT ON COLUMN tracker.offset_gaps.reason IS 'deleted: by retention, or by somebody; no_offset: the group had none, which Kafka forgets after offsets.retention.minutes, or is new to the topic: at most these are missing; log_shortened: the log ended before the group''s offset, as after the topic was made anew.';

-- What operators did beside the live traffic: replays with their checkpoints, and dead letters that were dealt with.

CREATE TABLE tracker.replays (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed          text        NOT NULL,
    topic         text        NOT NULL,
    topic_id      text        NOT NULL,
    requested_by  text        NOT NULL,
    reason        text,
    from_time     timestamptz,
    to_time       timestamptz,
    organizations uuid[]      NOT NULL DEFAULT '{}',
    sources       text[]      NOT NULL DEFAULT '{}',
    started_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz,
    status        text        NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'done', 'stopped', 'failed')),
    failure       text,
    resumed       integer     NOT NULL DEFAULT 0,
    checkpoints   bigint      NOT NULL DEFAULT 0,
    skipped       bigint      NOT NULL DEFAULT 0,
    inserted      bigint      NOT NULL DEFAULT 0,
    updated       bigint      NOT NULL DEFAULT 0,
    unchanged     bigint      NOT NULL DEFAULT 0,
    rejected      jsonb       NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE tracker.replays IS 'Every replay: who, when, why, of what, its counts so far, and how it ended. Kept for good: gauges sum it up.';
COMMENT ON COLUMN tracker.replays.topic_id IS 'The broker''s: a topic made anew under the same name has another, and other records at these offsets.';
COMMENT ON COLUMN tracker.replays.status IS 'running without a process that holds the feed''s lock: interrupted, and may be resumed.';
COMMENT ON COLUMN tracker.replays.checkpoints IS 'Batches committed; whoever writes the next must have seen the last.';
COMMENT ON COLUMN tracker.replays.skipped IS 'Records read that the filters left out.';
COMMENT ON COLUMN tracker.replays.rejected IS 'Records by reason of rejection.';

CREATE INDEX replays_by_feed ON tracker.replays (feed, id);

CREATE TABLE tracker.replay_partitions (
    replay_id    bigint  NOT NULL REFERENCES tracker.replays (id) ON DELETE CASCADE,
    partition    integer NOT NULL,
    first_offset bigint  NOT NULL,
    end_offset   bigint  NOT NULL,
    next_offset  bigint  NOT NULL,
    gap_records  bigint  NOT NULL DEFAULT 0,
    PRIMARY KEY (replay_id, partition)
);
COMMENT ON TABLE tracker.replay_partitions IS 'What a replay reads, and its checkpoint: written in the transaction of the rows.';
COMMENT ON COLUMN tracker.replay_partitions.end_offset IS 'Frozen when the replay was planned; exclusive.';
COMMENT ON COLUMN tracker.replay_partitions.gap_records IS 'Records (at most) that retention had deleted, which --accept-gap accepted.';

CREATE TABLE tracker.redriven (
    topic      text        NOT NULL,
    topic_id   text        NOT NULL,
    partition  integer     NOT NULL,
    "offset"   bigint      NOT NULL,
    became     text        NOT NULL CHECK (became IN ('stored', 'returned', 'parked')),
    settled_at timestamptz NOT NULL DEFAULT now(),
    settled_by text        NOT NULL,
    reason     text,
    PRIMARY KEY (topic, topic_id, partition, "offset")
);
COMMENT ON TABLE tracker.redriven IS 'Dead letters, by their place in the dead-letter topic, that were dealt with and are not offered again. Those that retention has deleted from the topic are deleted here by the next redrive or park.';
COMMENT ON COLUMN tracker.redriven.topic_id IS 'The broker''s: a topic made anew under the same name has another, and other letters at these offsets.';
COMMENT ON COLUMN tracker.redriven.became IS 'stored: its event is in the tables; returned: rejected again, back in the topic as a new letter; parked: in <topic>.dlt.parked.';

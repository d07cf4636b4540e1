-- +goose Up
-- When what a row told of a person was removed, for good: nothing that comes late writes it anew.
ALTER TABLE calls ADD COLUMN erased_at timestamptz;
ALTER TABLE alerts ADD COLUMN erased_at timestamptz;
ALTER TABLE number_requests ADD COLUMN emptied_at timestamptz;

-- What callers have left, and is there still, is looked for by age.
CREATE INDEX calls_recorded ON calls (started_at, id) WHERE voicemail ->> 'recording' <> '';
CREATE INDEX calls_spoken ON calls (started_at, id) WHERE voicemail ->> 'transcript' <> '';
CREATE INDEX number_requests_full ON number_requests (updated_at, id) WHERE emptied_at IS NULL;

-- The number and the names are empty once nothing else here names them.
CREATE TABLE erasures (
    id        text COLLATE "C" NOT NULL,
    number    text NOT NULL,
    names     jsonb,
    settings  boolean NOT NULL,
    by_key_id text NOT NULL,
    by_name   text NOT NULL,
    asked_at  timestamptz NOT NULL,
    done_at   timestamptz,
    removed   jsonb,
    kept      jsonb,
    told      jsonb,
    CONSTRAINT erasures_id_key PRIMARY KEY (id)
);
CREATE INDEX erasures_asked_at ON erasures (asked_at, id);

-- What is still to be removed elsewhere: at the carrier, in Temporal, in a channel.
CREATE TABLE removals (
    id         text COLLATE "C" NOT NULL,
    kind       text NOT NULL,
    reference  text NOT NULL,
    erasure_id text COLLATE "C" NOT NULL,
    since      timestamptz NOT NULL,
    tries      integer NOT NULL,
    last_error text NOT NULL,
    CONSTRAINT removals_id_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX removals_reference_key ON removals (kind, reference, erasure_id);
CREATE INDEX removals_erasure_id ON removals (erasure_id, id);

-- How many calls of a month, as in 2026-11, were removed: what is counted of months stays as it was.
CREATE TABLE removed_calls (
    month text COLLATE "C" NOT NULL,
    calls integer NOT NULL,
    CONSTRAINT removed_calls_month_key PRIMARY KEY (month)
);

-- +goose Down
DROP TABLE removed_calls;
DROP TABLE removals;
DROP TABLE erasures;
DROP INDEX number_requests_full;
DROP INDEX calls_spoken;
DROP INDEX calls_recorded;
ALTER TABLE number_requests DROP COLUMN emptied_at;
ALTER TABLE alerts DROP COLUMN erased_at;
ALTER TABLE calls DROP COLUMN erased_at;

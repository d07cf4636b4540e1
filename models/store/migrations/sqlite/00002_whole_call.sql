-- +goose Up
ALTER TABLE calls ADD COLUMN refusal text NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN voicemail text;
ALTER TABLE calls ADD COLUMN room text NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN diverted_at timestamp;
ALTER TABLE calls ADD COLUMN diversion_told boolean NOT NULL DEFAULT false;
ALTER TABLE alerts ADD COLUMN voicemail text;
ALTER TABLE call_routes ADD COLUMN phrases text;

-- Live calls are few: the limits count them by route, and who looks after them goes by age.
DROP INDEX calls_live;
CREATE INDEX calls_live ON calls (route_id, started_at) WHERE ended_at IS NULL;
CREATE INDEX calls_live_started_at ON calls (started_at, id) WHERE ended_at IS NULL;
CREATE INDEX calls_route_caller ON calls (route_id, caller, started_at);
CREATE INDEX calls_untold ON calls (diverted_at, id) WHERE diverted_at IS NOT NULL AND NOT diversion_told;

CREATE TABLE blocked_callers (
    id         text NOT NULL,
    number     text NOT NULL,
    reason     text NOT NULL,
    until      timestamp,
    version    integer NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL,
    CONSTRAINT blocked_callers_id_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX blocked_callers_number_key ON blocked_callers (number);
CREATE INDEX blocked_callers_created_at ON blocked_callers (created_at, id);

-- A phone that the carrier refused to ring, until somebody has looked at it.
CREATE TABLE phone_faults (
    number  text NOT NULL,
    code    integer NOT NULL,
    seen_at timestamp NOT NULL,
    CONSTRAINT phone_faults_number_key PRIMARY KEY (number)
);

-- +goose Down
DROP TABLE phone_faults;
DROP TABLE blocked_callers;
DROP INDEX calls_untold;
DROP INDEX calls_route_caller;
DROP INDEX calls_live_started_at;
DROP INDEX calls_live;
CREATE INDEX calls_live ON calls (route_id) WHERE ended_at IS NULL;
ALTER TABLE call_routes DROP COLUMN phrases;
ALTER TABLE alerts DROP COLUMN voicemail;
ALTER TABLE calls DROP COLUMN diversion_told;
ALTER TABLE calls DROP COLUMN diverted_at;
ALTER TABLE calls DROP COLUMN room;
ALTER TABLE calls DROP COLUMN voicemail;
ALTER TABLE calls DROP COLUMN refusal;

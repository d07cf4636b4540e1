-- +goose Up
-- The list of calls is read from a place on, whatever it is narrowed by.
CREATE INDEX calls_outcome ON calls (outcome, started_at, id);
CREATE INDEX calls_number ON calls (number, started_at, id);
CREATE INDEX calls_ended_at ON calls (ended_at) WHERE ended_at IS NOT NULL;

-- +goose Down
DROP INDEX calls_ended_at;
DROP INDEX calls_number;
DROP INDEX calls_outcome;

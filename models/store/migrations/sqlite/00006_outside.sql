-- +goose Up
CREATE TABLE outside_schedules (
    id         text NOT NULL,
    name       text NOT NULL,
    provider   text NOT NULL,
    reference  text NOT NULL,
    people     text,
    version    integer NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL,
    CONSTRAINT outside_schedules_id_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX outside_schedules_name_key ON outside_schedules (name);
CREATE INDEX outside_schedules_created_at ON outside_schedules (created_at, id);

-- What each said when it was last read.
CREATE TABLE outside_copies (
    schedule_id text NOT NULL REFERENCES outside_schedules (id) ON DELETE CASCADE,
    provider    text NOT NULL,
    reference   text NOT NULL,
    entries     text,
    unmatched   text,
    fetched_at  timestamp,
    reaches_to  timestamp,
    last_error  text NOT NULL,
    retry_at    timestamp,
    CONSTRAINT outside_copies_schedule_id_key PRIMARY KEY (schedule_id)
);

-- +goose Down
DROP TABLE outside_copies;
DROP TABLE outside_schedules;

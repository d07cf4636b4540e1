-- +goose Up
-- The same tables as for Postgres. TIMESTAMP is what makes the driver read a text as a time.

CREATE TABLE users (
    id              text NOT NULL,
    name            text NOT NULL,
    email           text NOT NULL,
    phones          text,
    time_zone       text NOT NULL,
    on_call_licence boolean NOT NULL,
    slack_user_id   text NOT NULL,
    active          boolean NOT NULL,
    version         integer NOT NULL,
    created_at      timestamp NOT NULL,
    updated_at      timestamp NOT NULL,
    CONSTRAINT users_id_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX users_email_key ON users (email COLLATE NOCASE) WHERE email <> '';
CREATE INDEX users_created_at ON users (created_at, id);

CREATE TABLE schedules (
    id         text NOT NULL,
    name       text NOT NULL,
    time_zone  text NOT NULL,
    rotations  text,
    version    integer NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL,
    CONSTRAINT schedules_id_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX schedules_name_key ON schedules (name);
CREATE INDEX schedules_created_at ON schedules (created_at, id);

CREATE TABLE overrides (
    id          text NOT NULL,
    schedule_id text NOT NULL REFERENCES schedules (id) ON DELETE CASCADE,
    rotation    text NOT NULL,
    seat        integer NOT NULL,
    user_id     text NOT NULL,
    starts_at   timestamp NOT NULL,
    ends_at     timestamp NOT NULL,
    created_at  timestamp NOT NULL,
    CONSTRAINT overrides_id_key PRIMARY KEY (id)
);
CREATE INDEX overrides_schedule_id ON overrides (schedule_id, ends_at);

CREATE TABLE phone_numbers (
    id         text NOT NULL,
    number     text NOT NULL,
    name       text NOT NULL,
    country    text NOT NULL,
    type       text NOT NULL,
    status     text NOT NULL,
    carrier_id text NOT NULL,
    version    integer NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL,
    CONSTRAINT phone_numbers_id_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX phone_numbers_number_key ON phone_numbers (number);
CREATE INDEX phone_numbers_created_at ON phone_numbers (created_at, id);

-- A number does what one route says; a route may wait for its number.
CREATE TABLE call_routes (
    id                  text NOT NULL,
    name                text NOT NULL,
    phone_number_id     text NOT NULL,
    enabled             boolean NOT NULL,
    language            text NOT NULL,
    voice               text NOT NULL,
    greeting            text NOT NULL,
    hold                text,
    allowlist           text,
    keypress            text,
    levels              text,
    ring_seconds        integer NOT NULL,
    ring_again          boolean NOT NULL,
    accept              text,
    nobody              text,
    emergency_number    text NOT NULL,
    max_wait_seconds    integer NOT NULL,
    limits              text,
    require_attestation boolean NOT NULL,
    responder_caller_id text NOT NULL,
    version             integer NOT NULL,
    created_at          timestamp NOT NULL,
    updated_at          timestamp NOT NULL,
    CONSTRAINT call_routes_id_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX call_routes_name_key ON call_routes (name);
CREATE UNIQUE INDEX call_routes_phone_number_id_key ON call_routes (phone_number_id) WHERE phone_number_id <> '';
CREATE INDEX call_routes_created_at ON call_routes (created_at, id);

-- A call and an alert are records: they name routes and users that may be gone.
CREATE TABLE calls (
    id              text NOT NULL,
    carrier_call_id text NOT NULL CHECK (carrier_call_id <> ''),
    route_id        text NOT NULL,
    route_name      text NOT NULL,
    caller          text NOT NULL,
    number          text NOT NULL,
    country         text NOT NULL,
    verstat         text NOT NULL,
    stage           text NOT NULL,
    outcome         text NOT NULL,
    reason          text NOT NULL,
    started_at      timestamp NOT NULL,
    connected_at    timestamp,
    ended_at        timestamp,
    answered_by     text NOT NULL,
    alert_id        text NOT NULL,
    plan            text,
    attempts        text,
    timeline        text,
    CONSTRAINT calls_id_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX calls_carrier_call_id_key ON calls (carrier_call_id);
CREATE INDEX calls_started_at ON calls (started_at, id);
CREATE INDEX calls_route_id ON calls (route_id, started_at, id);
CREATE INDEX calls_caller ON calls (caller, started_at, id);
CREATE INDEX calls_live ON calls (route_id) WHERE ended_at IS NULL;

CREATE TABLE alerts (
    id              text NOT NULL,
    carrier_call_id text NOT NULL CHECK (carrier_call_id <> ''),
    route_id        text NOT NULL,
    title           text NOT NULL,
    number          text NOT NULL,
    caller          text NOT NULL,
    country         text NOT NULL,
    status          text NOT NULL,
    outcome         text NOT NULL,
    answered_by     text NOT NULL,
    dialled         text,
    started_at      timestamp NOT NULL,
    resolved_at     timestamp,
    CONSTRAINT alerts_id_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX alerts_carrier_call_id_key ON alerts (carrier_call_id);

-- +goose Down
DROP TABLE alerts;
DROP TABLE calls;
DROP TABLE call_routes;
DROP TABLE phone_numbers;
DROP TABLE overrides;
DROP TABLE schedules;
DROP TABLE users;

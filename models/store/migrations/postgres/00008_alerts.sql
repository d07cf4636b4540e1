-- +goose Up
CREATE TABLE alert_sources (
    id         text COLLATE "C" NOT NULL,
    type       text COLLATE "C" NOT NULL,
    name       text NOT NULL,
    version    integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT alert_sources_id_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX alert_sources_type_key ON alert_sources (type);
CREATE INDEX alert_sources_created_at ON alert_sources (created_at, id);

-- The source of calls comes with the first number: it is there already where a number is.
INSERT INTO alert_sources (id, type, name, version, created_at, updated_at)
SELECT gen_random_uuid()::text, 'incoming_calls', 'Incoming calls', 1, now(), now()
WHERE EXISTS (SELECT 1 FROM phone_numbers) OR EXISTS (SELECT 1 FROM alerts);

CREATE TABLE alert_routes (
    id         text COLLATE "C" NOT NULL,
    name       text NOT NULL,
    enabled    boolean NOT NULL,
    position   integer NOT NULL,
    conditions jsonb,
    later_too  boolean NOT NULL,
    incident   jsonb,
    version    integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT alert_routes_id_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX alert_routes_name_key ON alert_routes (name);
CREATE INDEX alert_routes_created_at ON alert_routes (created_at, id);

-- incident_ids is null until alert routes were asked what they make of an alert.
ALTER TABLE alerts ADD COLUMN call_id text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN alert_source_id text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN route_name text NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN caller_name text NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN caller_listed boolean NOT NULL DEFAULT false;
ALTER TABLE alerts ADD COLUMN verstat text NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN rings jsonb;
ALTER TABLE alerts ADD COLUMN answered_at timestamptz;
ALTER TABLE alerts ADD COLUMN incident_ids jsonb;

-- What is known of the alerts that are there already.
UPDATE alerts SET
    rings = '[]',
    alert_source_id = COALESCE((SELECT id FROM alert_sources WHERE type = 'incoming_calls'), ''),
    call_id = COALESCE((SELECT c.id FROM calls c WHERE c.carrier_call_id = alerts.carrier_call_id), ''),
    route_name = COALESCE((SELECT c.route_name FROM calls c WHERE c.carrier_call_id = alerts.carrier_call_id), ''),
    verstat = COALESCE((SELECT c.verstat FROM calls c WHERE c.carrier_call_id = alerts.carrier_call_id), '');

-- The list of alerts is read from a place on, whatever it is narrowed by.
CREATE INDEX alerts_started_at ON alerts (started_at, id);
CREATE INDEX alerts_status ON alerts (status, started_at, id);
CREATE INDEX alerts_route_id ON alerts (route_id, started_at, id);
CREATE INDEX alerts_outcome ON alerts (outcome, started_at, id);
CREATE INDEX alerts_caller ON alerts (caller, started_at, id);

-- Incidents are never removed: what names one needs no constraint that says so.
CREATE TABLE incidents (
    id                    text COLLATE "C" NOT NULL,
    number                integer NOT NULL,
    name                  text NOT NULL,
    summary               text NOT NULL,
    severity              text NOT NULL,
    status                text NOT NULL,
    alert_route_id        text COLLATE "C" NOT NULL,
    channel_provider      text NOT NULL,
    channel_id            text NOT NULL,
    channel_name          text NOT NULL,
    channel_url           text NOT NULL,
    channel_headline      text NOT NULL,
    channel_told_text     text NOT NULL,
    channel_fault         text NOT NULL,
    decline_when_resolved boolean NOT NULL,
    group_key             text COLLATE "C" NOT NULL,
    last_alert_at         timestamptz NOT NULL,
    version               integer NOT NULL,
    created_at            timestamptz NOT NULL,
    updated_at            timestamptz NOT NULL,
    ended_at              timestamptz,
    CONSTRAINT incidents_id_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX incidents_number_key ON incidents (number);
CREATE INDEX incidents_created_at ON incidents (created_at, id);
CREATE INDEX incidents_status ON incidents (status, created_at, id);
CREATE INDEX incidents_severity ON incidents (severity, created_at, id);
CREATE INDEX incidents_alert_route_id ON incidents (alert_route_id, created_at, id);
CREATE INDEX incidents_group ON incidents (alert_route_id, group_key, last_alert_at);

CREATE TABLE incident_alerts (
    incident_id    text COLLATE "C" NOT NULL,
    alert_id       text COLLATE "C" NOT NULL,
    alert_route_id text COLLATE "C" NOT NULL,
    joined         boolean NOT NULL,
    linked_at      timestamptz NOT NULL,
    CONSTRAINT incident_alerts_alert_id_key PRIMARY KEY (incident_id, alert_id)
);
CREATE INDEX incident_alerts_alert ON incident_alerts (alert_id, incident_id);

CREATE TABLE participants (
    incident_id text COLLATE "C" NOT NULL,
    user_id     text COLLATE "C" NOT NULL,
    name        text NOT NULL,
    why         text NOT NULL,
    invited_at  timestamptz NOT NULL,
    status      text NOT NULL,
    fault       text NOT NULL,
    told_at     timestamptz,
    CONSTRAINT participants_user_id_key PRIMARY KEY (incident_id, user_id)
);
CREATE INDEX participants_user ON participants (user_id, incident_id);
CREATE INDEX participants_status ON participants (status, invited_at);

CREATE TABLE incident_messages (
    id          text COLLATE "C" NOT NULL,
    incident_id text COLLATE "C" NOT NULL,
    key         text COLLATE "C" NOT NULL,
    author      text NOT NULL,
    text        text NOT NULL,
    said_at     timestamptz NOT NULL,
    added_at    timestamptz NOT NULL,
    status      text NOT NULL,
    fault       text NOT NULL,
    posted      text NOT NULL,
    CONSTRAINT incident_messages_id_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX incident_messages_key_key ON incident_messages (incident_id, key);
-- Whoever reads on misses nothing: a message comes after all that were written before it.
CREATE INDEX incident_messages_added_at ON incident_messages (incident_id, added_at, id);
CREATE INDEX incident_messages_status ON incident_messages (status, added_at);

CREATE TABLE receivers (
    id         text COLLATE "C" NOT NULL,
    name       text NOT NULL,
    type       text NOT NULL,
    enabled    boolean NOT NULL,
    url        text NOT NULL,
    reference  text NOT NULL,
    conditions jsonb,
    secret     text NOT NULL,
    version    integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT receivers_id_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX receivers_name_key ON receivers (name);
CREATE INDEX receivers_created_at ON receivers (created_at, id);

-- A delivery is a record: its receiver may be gone.
CREATE TABLE deliveries (
    id            text COLLATE "C" NOT NULL,
    alert_id      text COLLATE "C" NOT NULL,
    receiver_id   text COLLATE "C" NOT NULL,
    event         text NOT NULL,
    alert         jsonb,
    happened_at   timestamptz NOT NULL,
    status        text NOT NULL,
    tries         integer NOT NULL,
    last_tried_at timestamptz,
    last_status   integer NOT NULL,
    last_error    text NOT NULL,
    delivered_at  timestamptz,
    CONSTRAINT deliveries_id_key PRIMARY KEY (id)
);
CREATE INDEX deliveries_happened_at ON deliveries (happened_at, id);
CREATE INDEX deliveries_alert_id ON deliveries (alert_id, happened_at, id);
CREATE INDEX deliveries_receiver_id ON deliveries (receiver_id, happened_at, id);
CREATE INDEX deliveries_status ON deliveries (status, happened_at, id);

-- +goose Down
DROP TABLE deliveries;
DROP TABLE receivers;
DROP TABLE incident_messages;
DROP TABLE participants;
DROP TABLE incident_alerts;
DROP TABLE incidents;
DROP INDEX alerts_caller;
DROP INDEX alerts_outcome;
DROP INDEX alerts_route_id;
DROP INDEX alerts_status;
DROP INDEX alerts_started_at;
ALTER TABLE alerts DROP COLUMN incident_ids;
ALTER TABLE alerts DROP COLUMN answered_at;
ALTER TABLE alerts DROP COLUMN rings;
ALTER TABLE alerts DROP COLUMN verstat;
ALTER TABLE alerts DROP COLUMN caller_listed;
ALTER TABLE alerts DROP COLUMN caller_name;
ALTER TABLE alerts DROP COLUMN route_name;
ALTER TABLE alerts DROP COLUMN alert_source_id;
ALTER TABLE alerts DROP COLUMN call_id;
DROP TABLE alert_routes;
DROP TABLE alert_sources;
